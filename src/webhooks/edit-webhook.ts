import { randomBytes } from 'node:crypto'
import { sql, type SqlBool } from 'kysely'
import type * as z from 'zod'
import { build } from '../db/build.ts'
import type { Db, Query } from '../db/client.ts'
import { refuseWhen } from '../db/refusal.ts'
import { AppError } from '../errors.ts'
import { bodyOf } from './make-deliveries.ts'
import {
  type DeliveryRow,
  NO_SUCH_ENDPOINT,
  readerOf,
  RETRY_MILLISECONDS,
  selectDeliveries,
  selectWebhooks,
  type ShownWebhookRow,
} from './queries.ts'
import type { CreateWebhookBody, UpdateWebhookBody } from './schema.ts'

const MAX_WEBHOOKS = 20

/** Messages that one statement deletes, with their attempts: meanwhile D1 runs nothing else. */
const MESSAGES_AT_ONCE = 1000

/** Pieces per request. Each is a batch of six statements: if D1 counts these, a request may run a thousand. */
const MAX_PIECES = 150

/** For this long after the last rotation the previous secrets sign as well. */
const ROTATION_MILLISECONDS = 24 * 60 * 60_000

/** In characters: nine secrets of 50 with a space between them. */
const MAX_PREVIOUS_SECRETS = 9 * 51 - 1

const LAST = sql<number>`(SELECT max(id) FROM webhooks)`

/** Creates an endpoint, which hears of what happens from now on. Throws `too_many_webhooks`. */
export async function createWebhook(
  db: Db,
  { url, types, active }: z.infer<typeof CreateWebhookBody>,
  now: number,
): Promise<ShownWebhookRow> {
  const results = await db.batch([
    refuseWhen(
      sql<SqlBool>`(SELECT count(*) FROM webhooks) >= ${MAX_WEBHOOKS}`,
      'too_many_webhooks',
      `A shop can have ${MAX_WEBHOOKS} endpoints. Delete one first.`,
    ),
    build.insertInto('webhooks').values({
      url,
      types: toTypes(types),
      active: Number(active),
      secret: newSecret(),
      created_at: now,
    }),
    // Must be the names of `readerOf`.
    sql<never>`
      INSERT INTO event_readers (name, position)
      SELECT 'webhook-' || ${LAST}, ifnull((SELECT max(id) FROM order_events), 0)
      UNION ALL SELECT 'webhook-' || ${LAST} || '-stock', ifnull((SELECT max(id) FROM stock_movements), 0)`,
    selectWebhooks().where('id', '=', LAST),
  ])
  return results.at(-1)![0] as ShownWebhookRow
}

/**
 * Sets the given fields. Waiting messages are tried at once. If the edit ends a pause, they are tried for three days
 * from now, as if they were new. Throws `not_found`.
 */
export async function editWebhook(
  db: Db,
  id: number,
  { url, types, active }: z.infer<typeof UpdateWebhookBody>,
  now: number,
): Promise<ShownWebhookRow> {
  const [, , [webhook]] = await db.batch([
    build
      .updateTable('webhook_deliveries')
      .set({ retry_until: now + RETRY_MILLISECONDS })
      .where(
        'webhook_id',
        '=',
        sql<number>`(SELECT id FROM webhooks WHERE id = ${id} AND active < ${Number(active ?? false)})`,
      )
      .where('state', '=', 'waiting'),
    build
      .updateTable('webhooks')
      .set({ url, types: types && toTypes(types), failures: 0, next_at: 0 })
      .$if(active !== undefined, (update) => update.set({ active: Number(active), gone: 0 }))
      .where('id', '=', id),
    selectWebhooks().where('id', '=', id),
  ])
  return found(webhook)
}

/**
 * Deletes an endpoint with its messages. Pauses one with many first, and then deletes its messages in pieces; a repeated
 * deletion goes on where one was cut off. Throws `not_found`, or `temporarily_unavailable` if messages are left.
 */
export async function deleteWebhook(db: Db, id: number): Promise<void> {
  if (await deleteWithAtMost(db, id, MESSAGES_AT_ONCE)) return
  found(await db.first(sql`UPDATE webhooks SET active = 0 WHERE id = ${id} RETURNING id`))
  const piece = sql<never>`
    DELETE FROM webhook_deliveries
    WHERE id IN (SELECT id FROM webhook_deliveries WHERE webhook_id = ${id} LIMIT ${MESSAGES_AT_ONCE})`
  for (let n = 0; n < MAX_PIECES; n += 1) if (await deleteWithAtMost(db, id, 0, [piece])) return
  throw new AppError('temporarily_unavailable', 'The endpoint has more messages. Delete it again.')
}

/** Deletes an endpoint unless more messages are left. Returns whether it did. */
async function deleteWithAtMost(db: Db, id: number, messages: number, before: Query[] = []) {
  const isSmall = sql<SqlBool>`
    NOT EXISTS (SELECT 1 FROM webhook_deliveries WHERE webhook_id = ${id} LIMIT 1 OFFSET ${messages})`
  const results = await db.batch([
    ...before,
    build
      .deleteFrom('event_readers')
      .where('name', 'in', Object.values(readerOf(id)))
      .where(isSmall),
    sql`DELETE FROM webhooks WHERE id = ${id} AND ${isSmall} RETURNING id`,
  ])
  return results.at(-1)!.length > 0
}

/**
 * Makes a new secret. The previous one still signs for a day, and so do those before it that still sign now: if
 * responses got lost, the receiver has none of the later ones. Throws `not_found`.
 */
export async function rotateSecret(db: Db, id: number, now: number): Promise<ShownWebhookRow> {
  const [, [webhook]] = await db.batch([
    build
      .updateTable('webhooks')
      .set({
        previous_secret: sql`
          substr(secret || iif(previous_until > ${now}, ' ' || previous_secret, ''), 1, ${MAX_PREVIOUS_SECRETS})`,
        previous_until: now + ROTATION_MILLISECONDS,
        secret: newSecret(),
      })
      .where('id', '=', id),
    selectWebhooks().where('id', '=', id),
  ])
  return found(webhook)
}

/** Lets an endpoint have a test message before all others. Throws `not_found`. */
export async function sendTest(db: Db, id: number, now: number): Promise<DeliveryRow> {
  const type = 'webhook.test'
  const [, [delivery]] = await db.batch([
    sql<never>`
      INSERT INTO webhook_deliveries (webhook_id, message_id, type, body, state, retry_until, created_at)
      SELECT id, ${`msg_${crypto.randomUUID()}`}, ${type}, ${bodyOf(type, now, {})}, 'asked', ${now}, ${now}
      FROM webhooks WHERE id = ${id}`,
    selectDeliveries().where('webhook_id', '=', id).orderBy('id', 'desc').limit(1),
  ])
  return found(delivery)
}

/**
 * For a waiting message, ends the delay of the endpoint: the message is tried after the waiting ones before it. One
 * that was delivered or parked is tried once more, before all others. Throws `not_found`.
 */
export async function sendAgain(db: Db, id: number): Promise<DeliveryRow> {
  const [, , [delivery]] = await db.batch([
    build
      .updateTable('webhooks')
      .set({ next_at: 0 })
      .where(
        'id',
        '=',
        sql<number>`(SELECT webhook_id FROM webhook_deliveries WHERE id = ${id} AND state = 'waiting')`,
      ),
    build
      .updateTable('webhook_deliveries')
      .set({ state: sql`iif(state = 'waiting', state, 'asked')` })
      .where('id', '=', id),
    selectDeliveries().where('id', '=', id),
  ])
  return found(delivery)
}

function found<Row>(row: Row | undefined): Row {
  if (!row) throw new AppError('not_found', NO_SUCH_ENDPOINT)
  return row
}

function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

function toTypes(types: readonly string[]): string {
  return JSON.stringify([...new Set(types)])
}
