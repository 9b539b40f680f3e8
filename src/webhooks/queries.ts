import { type RawBuilder, type Selectable, sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { countUpTo, fetchPage, type PageRequest, selectPage } from '../db/keyset.ts'
import type { Database, DeliveryState } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { withoutPerson } from '../orders/without-person.ts'
import type { Attempt } from './send.ts'

const DAY = 24 * 60 * 60_000

/** For this long a message is tried again; then a failure parks it. */
export const RETRY_MILLISECONDS = 3 * DAY

/** Deliveries that are read at once to be sent. */
const DUE = 20

/** Attempts of a delivery that are shown. */
const SHOWN_ATTEMPTS = 10

/** Deliveries of a kind that are counted for each endpoint. */
const COUNTED = 1000

export const NO_SUCH_ENDPOINT = 'There is no such endpoint or message.'

export type WebhookRow = Selectable<Database['webhooks']>
export type Delivery = Selectable<Database['webhook_deliveries']>

/** A message that the receiver has taken. */
export interface TakenMessage extends Omit<Attempt, 'error'> {
  delivery_id: number
  message_id: string
}

/** The names of an endpoint's readers, of the log of orders and of the stock movements. */
export function readerOf(id: number) {
  return { orders: `webhook-${id}`, stock: `webhook-${id}-stock` }
}

export interface NewDelivery {
  /** The reader of order events or of stock movements, and the id of the event or movement that the message tells. */
  reader: string
  position: number
  type: string
  order_id: number | null
  body: string
}

/**
 * Two runs may read the same if D1 commits late: only messages that the positions of the readers have not passed are new.
 * If the account of an order has been deleted since the body was made, the order has no e-mail: takes the customer out.
 */
export function insertDeliveries(webhook_id: number, deliveries: readonly NewDelivery[], now: number) {
  const rows = deliveries.map((delivery) => ({ ...delivery, message_id: `msg_${crypto.randomUUID()}` }))
  return sql<never>`
    INSERT INTO webhook_deliveries (webhook_id, message_id, type, order_id, body, state, retry_until, created_at)
    SELECT ${webhook_id}, value ->> 'message_id', value ->> 'type', value ->> 'order_id',
      iif(${hasNoPerson(sql`value ->> 'order_id'`)}, ${withoutPerson(sql`value ->> 'body'`)}, value ->> 'body'),
      'waiting', ${now + RETRY_MILLISECONDS}, ${now}
    FROM json_each(${JSON.stringify(rows)})
    WHERE value ->> 'position' > (SELECT position FROM event_readers WHERE name = value ->> 'reader') ORDER BY key`
}

function hasNoPerson(order_id: RawBuilder<unknown>) {
  return sql`EXISTS (SELECT 1 FROM orders WHERE id = ${order_id} AND email = '')`
}

/** The answer of a receiver may repeat the customer of a message that was sent before the account was deleted. */
function storedAnswer(answer: RawBuilder<unknown>) {
  return sql`iif(${hasNoPerson(sql`order_id`)}, '', ${answer})`
}

export function selectWebhook(id: number) {
  return build.selectFrom('webhooks').where('id', '=', id).selectAll()
}

/**
 * The next deliveries of an endpoint that may be sent now: what staff asked for, then those that wait, unless the endpoint
 * is paused or waits itself.
 */
export function selectDue(webhook_id: number, now: number) {
  const first = (state: DeliveryState) => sql`
    SELECT * FROM (
      SELECT * FROM webhook_deliveries WHERE webhook_id = ${webhook_id} AND state = ${sql.lit(state)}
      ORDER BY id LIMIT ${sql.lit(DUE)})`
  return sql<Delivery>`
    ${first('asked')} UNION ALL ${first('waiting')}
    WHERE EXISTS (SELECT 1 FROM webhooks WHERE id = ${webhook_id} AND active AND next_at <= ${now})
    ORDER BY state, id LIMIT ${sql.lit(DUE)}`
}

/** Records an attempt that failed, unless the delivery has been deleted meanwhile. */
export function insertAttempt(delivery_id: number, { at, status, error, milliseconds, answer }: Attempt) {
  return sql<never>`
    INSERT INTO webhook_attempts (delivery_id, at, status, error, milliseconds, answer)
    SELECT id, ${at}, ${status}, ${error}, ${milliseconds}, ${storedAnswer(sql`${answer}`)}
    FROM webhook_deliveries WHERE id = ${delivery_id}`
}

/**
 * Records what the receiver has taken, which ends the wait of the other messages. A repeat changes nothing, even if staff
 * have asked for the message again meanwhile. After a restore another delivery may have the same id.
 */
export function recordTaken(webhook_id: number, taken: readonly TakenMessage[]) {
  if (taken.length === 0) return []
  const unrecorded = sql`
    json_each(${JSON.stringify(taken)}) AS taken JOIN webhook_deliveries AS delivery
      ON delivery.id = value ->> 'delivery_id' AND message_id = value ->> 'message_id'
    WHERE NOT EXISTS (
      SELECT 1 FROM webhook_attempts WHERE delivery_id = delivery.id AND at = value ->> 'at')`
  return [
    build
      .updateTable('webhooks')
      .set({ failures: 0, next_at: 0 })
      .where('id', '=', webhook_id)
      .where('failures', '>', 0)
      .where(sql<boolean>`EXISTS (SELECT 1 FROM ${unrecorded})`),
    sql<never>`
      UPDATE webhook_deliveries SET state = 'delivered' WHERE id IN (SELECT delivery.id FROM ${unrecorded})`,
    sql<never>`
      INSERT INTO webhook_attempts (delivery_id, at, status, milliseconds, answer)
      SELECT delivery.id, value ->> 'at', value ->> 'status', value ->> 'milliseconds',
        ${storedAnswer(sql`value ->> 'answer'`)}
      FROM ${unrecorded} ORDER BY key`,
  ]
}

export function parkDelivery(id: number) {
  return build.updateTable('webhook_deliveries').set({ state: 'parked' }).where('id', '=', id)
}

export function selectWebhooks() {
  return build
    .selectFrom('webhooks')
    .selectAll('webhooks')
    .select([countOf('waiting').as('waiting'), countOf('parked').as('parked')])
}

export type ShownWebhookRow =
  ReturnType<typeof selectWebhooks> extends { executeTakeFirstOrThrow(): Promise<infer Row> } ? Row : never

export async function listWebhooks(db: Db, request: PageRequest) {
  const page = selectPage([selectWebhooks()], { table: 'webhooks', column: 'id', descending: false }, request)
  return fetchPage(db, request, page, countUpTo(build.selectFrom('webhooks').select('id')))
}

export async function getWebhook(db: Db, id: number): Promise<ShownWebhookRow> {
  const webhook = await db.first(selectWebhooks().where('id', '=', id))
  if (!webhook) throw new AppError('not_found', NO_SUCH_ENDPOINT)
  return webhook
}

function countOf(state: DeliveryState): RawBuilder<number> {
  return sql`(SELECT count(*) FROM (
    SELECT 1 FROM webhook_deliveries WHERE webhook_id = webhooks.id AND state = ${sql.lit(state)}
    LIMIT ${sql.lit(COUNTED)}))`
}

export interface DeliveryRow extends Omit<
  Selectable<Database['webhook_deliveries']>,
  'body' | 'retry_until'
> {
  /** A JSON array, the newest one first. */
  attempts: string
}

export function selectDeliveries() {
  const latest = sql`
    SELECT id, at, status, error, milliseconds, answer FROM webhook_attempts
    WHERE delivery_id = webhook_deliveries.id ORDER BY id DESC LIMIT ${sql.lit(SHOWN_ATTEMPTS)}`
  return build
    .selectFrom('webhook_deliveries')
    .select(['id', 'webhook_id', 'message_id', 'type', 'order_id', 'state', 'created_at'])
    .select(
      sql<string>`(
        SELECT json_group_array(json_object('at', at, 'status', status, 'error', error, 'milliseconds', milliseconds,
          'answer', answer) ORDER BY id DESC) FROM (${latest}))`.as('attempts'),
    )
    .$castTo<DeliveryRow>()
}

/** The deliveries of an endpoint, newest first. Throws `not_found`. */
export async function listDeliveries(
  db: Db,
  webhook_id: number,
  state: DeliveryState | undefined,
  request: PageRequest,
) {
  const all = selectDeliveries()
    .where('webhook_id', '=', webhook_id)
    .$if(state !== undefined, (some) => some.where('state', '=', state!))
  const page = selectPage([all], { table: 'webhook_deliveries', column: 'id', descending: true }, request)
  const counted = build
    .selectFrom('webhook_deliveries')
    .where('webhook_id', '=', webhook_id)
    .$if(state !== undefined, (some) => some.where('state', '=', state!))
    .select('id')
  const deliveries = await fetchPage(db, request, page, countUpTo(counted))
  if (deliveries.count.count === 0 && !(await db.first(selectWebhook(webhook_id))))
    throw new AppError('not_found', NO_SUCH_ENDPOINT)
  return deliveries
}
