import type { Context } from 'hono'
import { AppError } from '../errors.ts'
import { wake } from '../events/wake.ts'
import type { AppEnv } from '../http/app-env.ts'
import type { OrderRow } from './queries.ts'

/**
 * Changes the status of an order. If that is refused because its customer might still pay, which happens only to
 * cancellations, closes the payment page and tries once more; if the page turns out to be paid, the order is paid, then
 * cancelled, and the money goes back.
 */
export async function changeOrder(
  c: Context<AppEnv>,
  id: number,
  change: () => Promise<OrderRow>,
): Promise<OrderRow> {
  const order = await change().catch(async (error: unknown) => {
    const { payments } = c.var
    if (!(error instanceof AppError && error.code === 'payment_open' && payments)) throw error
    await payments.closeCheckout(id)
    return change()
  })
  wake(c, order, 'staff')
  if (order.payment_status === 'refunding') c.var.payments?.returnMoney()
  return order
}
