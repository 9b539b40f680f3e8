import { type RawBuilder, sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Query } from '../db/client.ts'
import { LIVE_PAYMENT } from '../db/live-payment.ts'
import type { PaymentState } from '../db/schema.ts'

/** An attempt to pay an order: one Checkout Session at Stripe. */
export interface PaymentRow {
  id: number
  order_id: number
  state: PaymentState
  key: string
  /** JSON, as it was and will be sent. */
  parameters: string
  session_id: string | null
  url: string | null
  expires_at: number
  created_at: number
}

/** The columns of a PaymentRow. */
export const paymentColumns = sql.raw(
  'id, order_id, state, key, parameters, session_id, url, expires_at, created_at',
)

export function selectPayments(condition: RawBuilder<unknown>): RawBuilder<PaymentRow> {
  return sql<PaymentRow>`SELECT ${paymentColumns} FROM payments WHERE ${condition}`
}

/** The one payment of an order that is not over. */
export function selectLivePayment(order_id: number): Query<PaymentRow> {
  return selectPayments(sql`order_id = ${order_id} AND ${sql.raw(LIVE_PAYMENT)}`)
}

export function selectPayment(id: number): Query<PaymentRow> {
  return selectPayments(sql`id = ${id}`)
}

/** The payment that a session of Stripe belongs to; its answer may have been lost, so also by its key. */
export function selectPaymentOf(session_id: string, key: string): Query<PaymentRow> {
  return sql<PaymentRow>`
    ${selectPayments(sql`session_id = ${session_id}`)} UNION ${selectPayments(sql`key = ${key}`)}`
}

export const selectShop = build.selectFrom('shop_identity').select('id')

interface News {
  /** SQL: `paid` if the order is now paid, `refunded` if the refund has succeeded, otherwise NULL. */
  change?: RawBuilder<unknown>
  refund_id?: number
  /** Null for the shop itself. */
  actor_id?: number | null
}

/**
 * Tells the readers of the log that the payment of an order changes. It goes before the statement that makes the change,
 * with that statement's condition: afterwards the condition no longer holds, so that each change is told once.
 */
export function recordChange(
  order_id: number,
  now: number,
  condition: RawBuilder<unknown>,
  { change = sql`NULL`, refund_id, actor_id = null }: News = {},
) {
  return sql<{ user_id: number }>`
    INSERT INTO order_events (order_id, user_id, from_status, to_status, actor_id, at, payment_change, refund_id)
    SELECT id, user_id, status, status, ${actor_id}, ${now}, ${change}, ${refund_id ?? null}
    FROM orders WHERE id = ${order_id} AND ${condition}
    RETURNING user_id`
}
