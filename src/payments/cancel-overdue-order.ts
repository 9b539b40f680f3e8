import { AppError } from '../errors.ts'
import { cancelUnpaid } from '../orders/move-order.ts'
import type { PaymentContext } from './payment-context.ts'

/** Cancels and restocks an order that nobody paid in time, once. Nothing happens if that has changed meanwhile. */
export async function cancelOverdueOrder(
  { db, now, wake }: PaymentContext,
  order_id: number,
): Promise<boolean> {
  try {
    const { user_id } = await cancelUnpaid(db, { id: order_id, now })
    wake(user_id)
    return true
  } catch (error) {
    if (error instanceof AppError && ['invalid_transition', 'payment_open'].includes(error.code)) return false
    throw error
  }
}
