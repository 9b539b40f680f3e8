import type { Context } from 'hono'
import { AppError } from '../errors.ts'
import { wake } from '../events/wake.ts'
import type { AppEnv } from '../http/app-env.ts'
import type { OrderRow } from './queries.ts'

/**
 * Cancels an order. If its customer might still pay, first has the page closed; should the page turn out to be paid,
 * the order is paid, then cancelled, and the money goes back.
 */
export async function closeFirst(
  c: Context<AppEnv>,
  id: number,
  cancel: () => Promise<OrderRow>,
): Promise<OrderRow> {
  const order = await cancel().catch(async (error: unknown) => {
    const { payments } = c.var
    if (!(error instanceof AppError && error.code === 'payment_open' && payments)) throw error
    await payments.closePage(id)
    return cancel()
  })
  wake(c, order, 'staff')
  if (order.payment_status === 'refunding') c.var.payments?.returnMoney()
  return order
}
