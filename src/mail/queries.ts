import { sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { countUpTo, fetchPage, type PageRequest, selectPage } from '../db/keyset.ts'
import type { MailState } from '../db/schema.ts'
import { beginAfter, moveToEndOf } from '../events/position.ts'
import { eventsFor, lastEventBefore } from '../orders/events.ts'
import { selectOrders } from '../orders/queries.ts'
import { ORDER_MAIL_TYPES, type OrderMailType } from './templates/order-mail.ts'

const READER = 'mail'

/** Events that are read at once. */
const PAGE = 100

/** Mails that are sent between two reads. */
const MAILS = 20

/** A shop that begins to send mail sends those about the last minutes, so that none is missed while it is deployed. */
const BEGIN_MILLISECONDS = 10 * 60_000

/** Tells a mail from another one that has its id after a restore. */
export interface SentMail {
  id: number
  created_at: number
}

export interface FailedMail {
  id: number
  state: MailState
  error: string
  attempts: number
  next_at: number
}

export interface WaitingMail extends SentMail {
  order_id: number
  type: OrderMailType
  attempts: number
  next_at: number
  refund_cents: number | null
  refund_currency: string | null
}

/** The placeholder that stands for all attempts to send a restore token (`insertRestoring`). */
export interface RestoreMail {
  hash: string
  email: string
  expires_at: number
  mail_at: number
}

/**
 * Records attempts, makes mails of the next events, and returns the next mails to be sent with their orders, in one round
 * trip. An order's mails wait for its earlier ones. `confirmed` if the account that placed the order has confirmed its
 * address. `more` if there are more events. `restoreMail` is the next one to the
 * former address of an account. A payment of nothing gets no mail.
 */
export async function takeMails(
  db: Db,
  now: number,
  sent: readonly SentMail[],
  failed: readonly FailedMail[],
) {
  const events = eventsFor(READER, PAGE)
  const mails = sql<WaitingMail>`
    SELECT mails.id, mails.created_at, mails.order_id, mails.type, attempts, next_at,
      refunds.amount_cents AS refund_cents, refunds.currency AS refund_currency
    FROM mails LEFT JOIN order_events ON order_events.id = event_id LEFT JOIN refunds ON refunds.id = refund_id
    WHERE mails.state = 'waiting' AND NOT EXISTS (
      SELECT 1 FROM mails AS earlier
      WHERE earlier.order_id = mails.order_id AND earlier.state = 'waiting' AND earlier.id < mails.id)
    ORDER BY next_at, mails.id LIMIT ${sql.lit(MAILS)}`
  const [, , , , , [left], [restoreMail], waiting, orders] = await db.batch([
    deleteSent(sent),
    recordFailures(failed),
    beginAfter(READER, lastEventBefore(now - BEGIN_MILLISECONDS)),
    sql<never>`
      INSERT INTO mails (event_id, order_id, type, next_at, created_at)
      SELECT id, order_id, type, ${now}, ${now} FROM (${events})
      WHERE type IN (${sql.join(ORDER_MAIL_TYPES.map((type) => sql.lit(type)))})
        AND NOT (type = 'paid' AND (SELECT total_cents = 0 FROM orders WHERE orders.id = order_id))
      ORDER BY id`,
    moveToEndOf(READER, events),
    sql<{ more: number }>`SELECT EXISTS (${eventsFor(READER, 1)}) AS more`,
    sql<RestoreMail>`
      SELECT hash, email, expires_at, mail_at FROM one_time_tokens
      WHERE mail_at IS NOT NULL AND expires_at > ${now} ORDER BY mail_at LIMIT 1`,
    mails,
    selectOrders()
      .where('orders.id', 'in', sql<number>`(SELECT order_id FROM (${mails}))`)
      .select('paid_cents')
      .select(
        sql<number>`EXISTS (
          SELECT 1 FROM users
          WHERE id = orders.user_id AND email = orders.email AND email_confirmed_at IS NOT NULL
            AND id = (SELECT user_id FROM order_events WHERE order_id = orders.id ORDER BY id LIMIT 1))`.as(
          'confirmed',
        ),
      ),
  ])
  const orderOf = new Map(orders.map((order) => [order.id, order]))
  return {
    mails: waiting.map((mail) => ({ ...mail, order: orderOf.get(mail.order_id) })),
    more: left!.more === 1,
    restoreMail,
  }
}

/**
 * Adds the token that this attempt mails, beside the placeholder, and sets when the mail is tried next. The tokens of earlier attempts stay valid: their mails may have arrived. False if the
 * placeholder is gone.
 */
export async function beginAttempt(
  db: Db,
  placeholder: string,
  hash: string,
  mail_at: number,
): Promise<boolean> {
  const [, added] = await db.batch([
    build.updateTable('one_time_tokens').set({ mail_at }).where('hash', '=', placeholder),
    sql<{ hash: string }>`
      INSERT INTO one_time_tokens (hash, purpose, user_id, email, email_key, expires_at)
      SELECT ${hash}, purpose, user_id, email, email_key, expires_at FROM one_time_tokens WHERE hash = ${placeholder}
      RETURNING hash`,
  ])
  return added.length > 0
}

export function endMail(hash: string) {
  return build.updateTable('one_time_tokens').set({ mail_at: null }).where('hash', '=', hash)
}

function deleteSent(mails: readonly SentMail[]) {
  return sql<never>`
    DELETE FROM mails WHERE id IN (
      SELECT mail.id FROM json_each(${JSON.stringify(mails)}) JOIN mails AS mail
        ON mail.id = value ->> 'id' AND created_at = value ->> 'created_at')`
}

function recordFailures(mails: readonly FailedMail[]) {
  return sql<never>`
    UPDATE mails SET state = value ->> 'state', error = value ->> 'error', attempts = value ->> 'attempts',
      next_at = value ->> 'next_at'
    FROM json_each(${JSON.stringify(mails)}) WHERE mails.id = value ->> 'id'`
}

const shown = [
  'mails.id as id',
  'order_id',
  'type',
  'state',
  'attempts',
  'error',
  'next_at',
  'mails.created_at as created_at',
] as const

export interface MailRow {
  id: number
  order_id: number
  type: OrderMailType
  email: string
  state: MailState
  attempts: number
  error: string | null
  next_at: number
  created_at: number
}

/** Mails that have not been sent, newest first. */
export async function listMails(db: Db, state: MailState | undefined, request: PageRequest) {
  const mails = build.selectFrom('mails').$if(state !== undefined, (all) => all.where(hasState(state!)))
  const columns = mails
    .innerJoin('orders', 'orders.id', 'order_id')
    .select([...shown, 'email'])
    .$castTo<MailRow>()
  const page = selectPage([columns], { table: 'mails', column: 'id', descending: true }, request)
  return fetchPage(db, request, page, countUpTo(mails.select('mails.id')))
}

/** A literal, which a partial index needs. */
function hasState(state: MailState) {
  return sql<boolean>`mails.state = ${sql.lit(state)}`
}

/** Lets a mail be tried now, as if for the first time. Undefined if it is not there. */
export async function sendAgain(db: Db, id: number, now: number): Promise<MailRow | undefined> {
  const [, [mail]] = await db.batch([
    build.updateTable('mails').set({ state: 'waiting', attempts: 0, next_at: now }).where('id', '=', id),
    build
      .selectFrom('mails')
      .innerJoin('orders', 'orders.id', 'order_id')
      .where('mails.id', '=', id)
      .select([...shown, 'email'])
      .$castTo<MailRow>(),
  ])
  return mail
}
