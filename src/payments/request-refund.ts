import { type RawBuilder, sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { moneySql } from '../db/money-sql.ts'
import type { RefundState } from '../db/schema.ts'
import { refuseUnlessFound, refuseWhen } from '../db/refusal.ts'
import { NO_SUCH_ORDER } from '../orders/queries.ts'
import { recordChange } from './queries.ts'
import { isRefundable } from './return-money.ts'

interface RefundRequest {
  order_id: number
  /** All that is left of one payment when undefined: see `payment`. */
  amount?: number | undefined
  reason?: string | undefined
  /** Units that came back and are sold again, by line of the order. */
  restock: readonly { item_id: number; quantity: number }[]
  actor_id: number
  now: number
}

export interface RefundRow {
  id: number
  order_id: number
  amount_cents: number
  currency: string
  state: RefundState
  reason: string | null
  failure: string | null
  stripe_id: string | null
  created_at: number
}

/**
 * Records a refund by staff, to be asked for at Stripe afterwards, and restocks what came back. Throws `not_found`,
 * `refund_too_large` with what is left, `payment_disputed`, or `return_too_large` with the lines that have too few
 * units left. The constraints `refunded_at_most_received` and `returned_at_most_sold` back these up.
 */
export async function requestRefund(
  db: Db,
  request: RefundRequest,
): Promise<{ refund: RefundRow; user_id: number }> {
  const { order_id, restock } = request
  const results = await db.batch([
    refuseUnlessFound('orders', { id: order_id }, NO_SUCH_ORDER),
    refuseWhileDisputed(order_id),
    refuseWhenTooLarge(request),
    ...(restock.length > 0 ? [refuseWhenTooManyReturn(request)] : []),
    insertRefund(request),
    recordChange(order_id, request.now, sql`true`, { actor_id: request.actor_id }),
    ...(restock.length > 0 ? [recordReturns(request), restockReturns(request), countReturned(request)] : []),
    selectRefund(newestRefund),
    build.selectFrom('orders').where('id', '=', order_id).select('user_id'),
  ])
  const [[refund], [order]] = results.slice(-2) as [[RefundRow], [{ user_id: number }]]
  return { refund, ...order }
}

/** The refund that the batch has just inserted. */
export const newestRefund: RawBuilder<number> = sql`(SELECT max(id) FROM refunds)`

export function selectRefund(id: RawBuilder<number> | number) {
  return sql<RefundRow>`
    SELECT id, order_id, amount_cents, currency, state, reason, failure, stripe_id, created_at
    FROM refunds WHERE id = ${id}`
}

/** The payment that a refund comes from: the one that the order was paid with, else one with money left. */
function payment(order_id: number) {
  return sql`
    payments WHERE order_id = ${order_id} AND state = 'paid' AND returned_cents < received_cents AND ${isRefundable}
    ORDER BY accepted DESC, id LIMIT 1`
}

function left(order_id: number): RawBuilder<number> {
  return sql`ifnull((SELECT received_cents - returned_cents FROM ${payment(order_id)}), 0)`
}

function refuseWhileDisputed(order_id: number) {
  return refuseWhen(
    sql`NOT EXISTS (SELECT 1 FROM ${payment(order_id)}) AND EXISTS (
      SELECT 1 FROM payments WHERE order_id = ${order_id} AND state = 'paid' AND NOT ${isRefundable})`,
    'payment_disputed',
    'The customer has disputed this payment at their bank, which decides about the money.',
  )
}

function refuseWhenTooLarge({ order_id, amount }: RefundRequest) {
  return refuseWhen(
    sql`${left(order_id)} < ${amount ?? 1}`,
    'refund_too_large',
    'A refund can be at most what was paid and has not been refunded.',
    sql`json_object('available', ${moneySql(left(order_id))})`,
  )
}

/** The lines that come back, each once. */
function returning({ order_id, restock }: RefundRequest) {
  return sql`(
    SELECT value ->> 'item_id' AS item_id, sum(value ->> 'quantity') AS wanted
    FROM json_each(${JSON.stringify(restock)}) GROUP BY 1
  ) LEFT JOIN order_lines ON order_lines.id = item_id AND order_id = ${order_id}`
}

/** The units of a cancelled order have all gone back. */
function refuseWhenTooManyReturn(request: RefundRequest) {
  const returnable = sql`iif(
    (SELECT status FROM orders WHERE orders.id = ${request.order_id}) = 'Cancelled', 0, ifnull(quantity - returned, 0))`
  const exceeding = sql`${returning(request)} WHERE wanted > ${returnable}`
  return refuseWhen(
    sql`EXISTS (SELECT 1 FROM ${exceeding})`,
    'return_too_large',
    'No more units can come back than were sold and have not come back.',
    sql`(SELECT json_object('items', json_group_array(json_object(
      'item_id', item_id, 'requested', wanted, 'available', ${returnable}))) FROM ${exceeding})`,
  )
}

function insertRefund({ order_id, amount, reason, actor_id, now }: RefundRequest) {
  return sql<never>`
    INSERT INTO refunds (payment_id, order_id, amount_cents, currency, reason, actor_id, check_at, created_at, changed_at)
    SELECT id, order_id, ifnull(${amount ?? null}, received_cents - returned_cents), received_currency,
      ${reason ?? null}, ${actor_id}, ${now}, ${now}, ${now}
    FROM ${payment(order_id)}`
}

/**
 * Skips products that have been deleted meanwhile. The column's constraint has no reason `return`: a `cancellation` with
 * a refund is one, as the API shows it.
 */
function recordReturns(request: RefundRequest) {
  return sql<never>`
    INSERT INTO stock_movements (product_id, delta, stock_after, reason, order_id, refund_id, actor_id, at)
    SELECT product_id, wanted, stock + wanted, 'cancellation', order_id, ${newestRefund}, ${request.actor_id}, ${request.now}
    FROM ${returning(request)} JOIN products ON products.id = product_id`
}

function restockReturns(request: RefundRequest) {
  return sql<never>`
    UPDATE products
    SET stock = stock + wanted, stock_version = stock_version + 1, updated_at = ${request.now}
    FROM ${returning(request)} WHERE products.id = product_id`
}

function countReturned(request: RefundRequest) {
  return sql<never>`
    UPDATE order_lines SET returned = returned + wanted
    FROM (SELECT value ->> 'item_id' AS item_id, sum(value ->> 'quantity') AS wanted
      FROM json_each(${JSON.stringify(request.restock)}) GROUP BY 1)
    WHERE order_lines.id = item_id AND order_id = ${request.order_id}`
}
