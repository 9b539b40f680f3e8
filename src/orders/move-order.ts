import { sql } from 'kysely'
import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { type OrderStatus, reachedFrom } from './order-status.ts'
import { type OrderRow, selectOrder } from './queries.ts'

interface Move {
  id: number
  /** Only an order of this customer; anybody's when undefined. */
  owner_id?: number | undefined
  to: OrderStatus
  actor_id: number
  now: number
}

/**
 * Moves an order to another status if it has the one from which that is reached, and puts its stock
 * back when it is cancelled, once, however many race. Effects first, each only while the old status
 * holds; the status moves last.
 */
export async function moveOrder(db: Db, move: Move): Promise<{ order: OrderRow; moved: boolean }> {
  const { id, owner_id, to, now } = move
  const from = reachedFrom[to]
  const order =
    owner_id === undefined ? selectOrder(db, id) : selectOrder(db, id).where('orders.user_id', '=', owner_id)
  const results = await db.batch([
    ...(to === 'Cancelled' ? [recordReturns(db, move), restock(db, move)] : []),
    ...(from === undefined ? [] : [recordEvent(db, move, from)]),
    db
      .updateTable('orders')
      .set({ status: to, updated_at: now })
      .where(sql<boolean>`${isMovable(move)}`)
      .returning('id'),
    order,
  ])
  const [moved, [found]] = results.slice(-2) as [{ id: number }[], OrderRow[]]
  if (!found) throw new AppError('not_found', 'No such order.')
  return { order: found, moved: moved.length === 1 }
}

function isMovable({ id, owner_id, to }: Move) {
  const own = owner_id === undefined ? sql`` : sql`AND orders.user_id = ${owner_id}`
  return sql`orders.id = ${id} AND orders.status = ${reachedFrom[to] ?? null} ${own}`
}

/** Products that were deleted meanwhile are not there to restock. */
function recordReturns(db: Db, move: Move) {
  return sql<never>`
    INSERT INTO stock_movements (product_id, delta, stock_after, reason, order_id, actor_id, at)
    SELECT product_id, quantity, stock + quantity, 'cancellation', order_id, ${move.actor_id}, ${move.now}
    FROM orders JOIN order_lines ON order_id = orders.id JOIN products ON products.id = product_id
    WHERE ${isMovable(move)}`.compile(db)
}

function restock(db: Db, move: Move) {
  return sql<never>`
    UPDATE products SET stock = stock + quantity, stock_version = stock_version + 1, updated_at = ${move.now}
    FROM orders JOIN order_lines ON order_id = orders.id
    WHERE product_id = products.id AND ${isMovable(move)}`.compile(db)
}

function recordEvent(db: Db, move: Move, from: OrderStatus) {
  return sql<never>`
    INSERT INTO order_events (order_id, user_id, from_status, to_status, actor_id, at)
    SELECT id, user_id, ${from}, ${move.to}, ${move.actor_id}, ${move.now} FROM orders WHERE ${isMovable(move)}`.compile(
    db,
  )
}
