import { build } from '../db/build.ts'
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { Db } from '../db/client.ts'
import { LIVE_PAYMENT } from '../db/live-payment.ts'
import { refuseUnlessFound, refuseWhen } from '../db/refusal.ts'
import { AppError } from '../errors.ts'
import { toOrder } from './order.ts'
import { type OrderStatus, reachedFrom, TAKE_BACK_MILLISECONDS } from './order-status.ts'
import { findOrderOf, NO_SUCH_ORDER, type OrderRow, selectOrder } from './queries.ts'

interface Move {
  id: number
  to: OrderStatus
  /** Null when the shop itself acts. */
  actor_id: number | null
  now: number
}

/**
 * Cancels a pending order of this customer and restocks it, once, however many cancellations race. Throws
 * `not_found`, `order_not_cancellable` with the order, or `payment_open`.
 */
export async function cancelOrder(
  db: Db,
  { id, user_id, now }: { id: number; user_id: number; now: number },
) {
  try {
    return await move(db, { id, to: 'Cancelled', actor_id: user_id, now }, [
      refuseUnlessFound('orders', { id, user_id }, NO_SUCH_ORDER),
      refuseWhen(
        sql`${statusOf(id)} <> 'Pending'`,
        'order_not_cancellable',
        'This order can no longer be cancelled.',
      ),
      refuseWhilePayable(id),
    ])
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'order_not_cancellable')) throw error
    const order = await findOrderOf(db, user_id, id)
    throw new AppError(error.code, error.message, { order: toOrder(order!) })
  }
}

/**
 * Changes the status of an order of any customer; cancelling restocks it. Setting the current status changes
 * nothing. For an hour, a mistaken `Shipped` can be set back to `Pending`. Throws `not_found`, `invalid_transition`,
 * `payment_due` or `payment_open`.
 */
export async function changeStatus(db: Db, change: Move): Promise<OrderRow> {
  const { id, to, now } = change
  return move(db, change, [
    refuseUnlessFound('orders', { id }, NO_SUCH_ORDER),
    refuseWhen(
      sql`${statusOf(id)} NOT IN (${to}, ${reachedFrom[to]})`,
      'invalid_transition',
      sql`'An order that is ' || ${statusOf(id)} || ' cannot become ' || ${to} || '.'`,
    ),
    ...(to === 'Pending' ? [refuseWhenShippedLongAgo(id, now)] : []),
    ...(to === 'Shipped' ? [refuseWhileDue(id)] : []),
    ...(to === 'Cancelled' ? [refuseWhilePayable(id)] : []),
  ])
}

function refuseWhenShippedLongAgo(id: number, now: number) {
  // Events of payments have the status of the order as both.
  const shipped_at = sql`(
    SELECT max(at) FROM order_events
    WHERE order_id = ${id} AND to_status = 'Shipped' AND from_status <> 'Shipped')`
  return refuseWhen(
    sql`${statusOf(id)} = 'Shipped' AND ${shipped_at} < ${now - TAKE_BACK_MILLISECONDS}`,
    'invalid_transition',
    'This order was shipped more than an hour ago, so it can no longer become Pending.',
  )
}

/**
 * Cancels an order that nobody has paid, for the shop itself. Throws `invalid_transition` if it has been paid or is
 * no longer pending, or `payment_open`.
 */
export async function cancelUnpaid(db: Db, { id, now }: { id: number; now: number }): Promise<OrderRow> {
  return move(db, { id, to: 'Cancelled', actor_id: null, now }, [
    refuseWhen(
      sql`NOT EXISTS (SELECT 1 FROM orders WHERE id = ${id} AND status = 'Pending' AND ${isDue})`,
      'invalid_transition',
      'The order is no longer due.',
    ),
    refuseWhilePayable(id),
  ])
}

const isDue: RawBuilder<SqlBool> = sql`due_by IS NOT NULL AND paid_at IS NULL`

function refuseWhileDue(id: number) {
  return refuseWhen(
    sql`EXISTS (SELECT 1 FROM orders WHERE id = ${id} AND status = 'Pending' AND ${isDue})`,
    'payment_due',
    'This order has not been paid yet.',
  )
}

/**
 * Stripe may take money until it has closed the payment page, and only then may the stock go to another customer. After
 * this refusal the caller asks payments to close the page (change-order.ts).
 */
function refuseWhilePayable(id: number) {
  return refuseWhen(
    sql`EXISTS (SELECT 1 FROM payments WHERE order_id = ${id} AND ${sql.raw(LIVE_PAYMENT)})`,
    'payment_open',
    'A payment of this order is being processed. Please try again later.',
  )
}

/** Each effect applies only while the order still has the old status, so the status changes last. */
async function move(db: Db, change: Move, refusals: RawBuilder<never>[]): Promise<OrderRow> {
  const { id, to, now } = change
  const results = await db.batch([
    ...refusals,
    ...(to === 'Cancelled' ? [recordRestock(change), restock(change)] : []),
    recordEvent(change),
    build
      .updateTable('orders')
      .set({ status: to, updated_at: now })
      .where(sql<boolean>`${isMovable(change)}`),
    selectOrder(id),
  ])
  return results.at(-1)![0] as OrderRow
}

function statusOf(id: number): RawBuilder<string> {
  return sql`(SELECT status FROM orders WHERE id = ${id})`
}

function isMovable({ id, to }: Move): RawBuilder<SqlBool> {
  return sql`orders.id = ${id} AND orders.status = ${reachedFrom[to]}`
}

/** Skips products that have been deleted meanwhile, and units that have come back with a refund. */
function recordRestock(change: Move) {
  return sql<never>`
    INSERT INTO stock_movements (product_id, delta, stock_after, reason, order_id, actor_id, at)
    SELECT product_id, quantity - returned, stock + quantity - returned, 'cancellation', order_id, ${change.actor_id}, ${change.now}
    FROM orders JOIN order_lines ON order_id = orders.id JOIN products ON products.id = product_id
    WHERE ${isMovable(change)} AND returned < quantity`
}

function restock(change: Move) {
  return sql<never>`
    UPDATE products
    SET stock = stock + quantity - returned, stock_version = stock_version + 1, updated_at = ${change.now}
    FROM orders JOIN order_lines ON order_id = orders.id
    WHERE product_id = products.id AND ${isMovable(change)} AND returned < quantity`
}

function recordEvent(change: Move) {
  return sql<never>`
    INSERT INTO order_events (order_id, user_id, from_status, to_status, actor_id, at)
    SELECT id, user_id, status, ${change.to}, ${change.actor_id}, ${change.now}
    FROM orders WHERE ${isMovable(change)}`
}
