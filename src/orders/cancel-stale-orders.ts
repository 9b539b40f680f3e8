import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { changeStatus } from './move-order.ts'

/** Orders per run. Each calls D1 once, of a thousand calls in a run (index.ts). */
const MAX_ORDERS = 500

/** Orders that are counted, of those that should be cancelled. */
const COUNTED_ORDERS = 10_000

/** Cloudflare ends a scheduled job after fifteen minutes. */
const BUDGET_MILLISECONDS = 5 * 60 * 1000

interface Cancellation {
  cancelled: { user_id: number }[]
  /** Orders that could not be cancelled; the log has the errors. */
  failed: number
  /** Orders that wait for the next run, counted up to COUNTED_ORDERS. */
  waiting: number
}

/**
 * Cancels orders that the shop took no payment for, placed before a time and still Pending, oldest first, and restocks
 * them, until none is left, the time is used up or MAX_ORDERS are done; the actor is the shop. One that fails does not
 * stop the others.
 */
export async function cancelStaleOrders(
  db: Db,
  before: number,
  now: number,
  { budget_milliseconds = BUDGET_MILLISECONDS }: { budget_milliseconds?: number } = {},
): Promise<Cancellation> {
  const deadline = Date.now() + budget_milliseconds
  const stale = await db.all(
    build
      .selectFrom('orders')
      .where('status', '=', 'Pending')
      .where('created_at', '<', before)
      .where('updated_at', '<', before) // staff may have just taken back that it was shipped
      .where('due_by', 'is', null) // the others are paid, or end by themselves
      .orderBy('created_at')
      .limit(COUNTED_ORDERS)
      .select('id'),
  )
  const result: Cancellation = { cancelled: [], failed: 0, waiting: stale.length }
  for (const { id } of stale.slice(0, MAX_ORDERS)) {
    if (Date.now() >= deadline) break
    result.waiting -= 1
    try {
      result.cancelled.push(await changeStatus(db, { id, to: 'Cancelled', actor_id: null, now }))
    } catch (error) {
      // Staff have shipped it meanwhile. One that was cancelled meanwhile counts as cancelled.
      if (error instanceof AppError && error.code === 'invalid_transition') continue
      console.error(`Order ${id} could not be cancelled`, error)
      result.failed += 1
    }
  }
  return result
}
