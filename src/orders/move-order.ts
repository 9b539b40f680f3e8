import { build } from '../db/build.ts'
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { Db } from '../db/client.ts'
import { refuseUnlessFound, refuseWhen } from '../db/refusal.ts'
import { AppError } from '../errors.ts'
import { toOrder } from './order.ts'
import { type OrderStatus, reachedFrom, TAKE_BACK_MILLISECONDS } from './order-status.ts'
import { findOrderOf, type OrderRow, selectOrder } from './queries.ts'

interface Move {
  id: number
  to: OrderStatus
  /** Null when the shop itself acts. */
  actor_id: number | null
  now: number
}

/**
 * Cancels a pending order of this customer and restocks it, once, however many cancellations race. Throws
 * `not_found`, or `order_not_cancellable` with the order.
 */
export async function cancelOrder(
  db: Db,
  { id, user_id, now }: { id: number; user_id: number; now: number },
) {
  try {
    return await move(db, { id, to: 'Cancelled', actor_id: user_id, now }, [
      refuseUnlessFound('orders', { id, user_id }, 'No such order.'),
      refuseWhen(
        sql`${statusOf(id)} <> 'Pending'`,
        'order_not_cancellable',
        'This order can no longer be cancelled.',
      ),
    ])
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'order_not_cancellable')) throw error
    const order = await findOrderOf(db, user_id, id)
    throw new AppError(error.code, error.message, { order: toOrder(order!) })
  }
}

/**
 * Changes the status of an order of any customer; cancelling restocks it. Setting the current status changes
 * nothing. A mistaken `Shipped` becomes `Pending` again within an hour. Throws `not_found` or `invalid_transition`.
 */
export async function changeStatus(db: Db, change: Move): Promise<OrderRow> {
  const { id, to, now } = change
  return move(db, change, [
    refuseUnlessFound('orders', { id }, 'No such order.'),
    refuseWhen(
      sql`${statusOf(id)} NOT IN (${to}, ${reachedFrom[to]})`,
      'invalid_transition',
      sql`'An order that is ' || ${statusOf(id)} || ' cannot become ' || ${to} || '.'`,
    ),
    ...(to === 'Pending' ? [refuseWhenShippedLongAgo(id, now)] : []),
  ])
}

function refuseWhenShippedLongAgo(id: number, now: number) {
  const shipped_at = sql`(SELECT max(at) FROM order_events WHERE order_id = ${id} AND to_status = 'Shipped')`
  return refuseWhen(
    sql`${statusOf(id)} = 'Shipped' AND ${shipped_at} < ${now - TAKE_BACK_MILLISECONDS}`,
    'invalid_transition',
    'This order was shipped more than an hour ago, so it can no longer become Pending.',
  )
}

/** Each effect applies only while the order still has the old status, so the status changes last. */
async function move(db: Db, change: Move, refusals: RawBuilder<never>[]): Promise<OrderRow> {
  const { id, to, now } = change
  const results = await db.batch([
    ...refusals,
    ...(to === 'Cancelled' ? [recordReturns(change), restock(change)] : []),
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

/** Skips products that have been deleted meanwhile. */
function recordReturns(change: Move) {
  return sql<never>`
    INSERT INTO stock_movements (product_id, delta, stock_after, reason, order_id, actor_id, at)
    SELECT product_id, quantity, stock + quantity, 'cancellation', order_id, ${change.actor_id}, ${change.now}
    FROM orders JOIN order_lines ON order_id = orders.id JOIN products ON products.id = product_id
    WHERE ${isMovable(change)}`
}

function restock(change: Move) {
  return sql<never>`
    UPDATE products SET stock = stock + quantity, stock_version = stock_version + 1, updated_at = ${change.now}
    FROM orders JOIN order_lines ON order_id = orders.id
    WHERE product_id = products.id AND ${isMovable(change)}`
}

function recordEvent(change: Move) {
  return sql<never>`
    INSERT INTO order_events (order_id, user_id, from_status, to_status, actor_id, at)
    SELECT id, user_id, status, ${change.to}, ${change.actor_id}, ${change.now}
    FROM orders WHERE ${isMovable(change)}`
}
