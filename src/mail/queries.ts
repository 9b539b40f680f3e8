import { sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
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

export interface WaitingMail {
  id: number
  order_id: number
  type: OrderMailType
  attempts: number
  next_at: number
  refund_cents: number | null
  refund_currency: string | null
}

/**
 * Makes mails of the next events, and returns the next mails to be sent with their orders, in one round trip. An order's
 * mails wait for its earlier ones. `more` if there are more events.
 */
export async function takeMails(db: Db, now: number) {
  const events = eventsFor(READER, PAGE)
  const mails = sql<WaitingMail>`
    SELECT mails.id, mails.order_id, mails.type, attempts, next_at,
      refunds.amount_cents AS refund_cents, refunds.currency AS refund_currency
    FROM mails LEFT JOIN order_events ON order_events.id = event_id LEFT JOIN refunds ON refunds.id = refund_id
    WHERE mails.state = 'waiting' AND NOT EXISTS (
      SELECT 1 FROM mails AS earlier
      WHERE earlier.order_id = mails.order_id AND earlier.state = 'waiting' AND earlier.id < mails.id)
    ORDER BY next_at, mails.id LIMIT ${sql.lit(MAILS)}`
  const [, , , [left], waiting, orders] = await db.batch([
    beginAfter(READER, lastEventBefore(now - BEGIN_MILLISECONDS)),
    sql<never>`
      INSERT INTO mails (event_id, order_id, type, next_at, created_at)
      SELECT id, order_id, type, ${now}, ${now} FROM (${events})
      WHERE type IN (${sql.join(ORDER_MAIL_TYPES.map((type) => sql.lit(type)))}) ORDER BY id`,
    moveToEndOf(READER, events),
    sql<{ more: number }>`SELECT EXISTS (${eventsFor(READER, 1)}) AS more`,
    mails,
    selectOrders().where('orders.id', 'in', sql<number>`(SELECT order_id FROM (${mails}))`),
  ])
  const orderOf = new Map(orders.map((order) => [order.id, order]))
  return {
    mails: waiting.map((mail) => ({ ...mail, order: orderOf.get(mail.order_id) })),
    more: left!.more === 1,
  }
}

export function deleteMail(id: number) {
  return build.deleteFrom('mails').where('id', '=', id)
}

export function recordFailure(
  id: number,
  failure: { state: MailState; error: string; attempts: number; next_at: number },
) {
  return build.updateTable('mails').set(failure).where('id', '=', id)
}
