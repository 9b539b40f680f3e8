import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { changeStatus } from './move-order.ts'

/** Orders per run of the hourly job, a round trip each. */
const MAX_ORDERS = 500

/**
 * Cancels orders that were placed before a time and are still Pending, oldest first, and restocks them; the actor is
 * the shop. Returns the cancelled orders; one that fails is logged and does not stop the others. Orders beyond
 * MAX_ORDERS are left to the next run.
 */
export async function cancelStaleOrders(
  db: Db,
  before: number,
  now: number,
): Promise<{ cancelled: { user_id: number }[]; failed: number }> {
  const stale = await db.all(
    build
      .selectFrom('orders')
      .where('status', '=', 'Pending')
      .where('created_at', '<', before)
      .where('due_by', 'is', null) // the others are paid, or end by themselves
      .orderBy('created_at')
      .limit(MAX_ORDERS)
      .select('id'),
  )
  const cancelled = []
  let failed = 0
  for (const { id } of stale) {
    try {
      cancelled.push(await changeStatus(db, { id, to: 'Cancelled', actor_id: null, now }))
    } catch (error) {
      // Staff or the customer acted first.
      if (error instanceof AppError && error.code === 'invalid_transition') continue
      console.error(`Order ${id} could not be cancelled`, error)
      failed += 1
    }
  }
  return { cancelled, failed }
}
