import { sql } from 'kysely'
import type Stripe from 'stripe'
import type { Query } from '../db/client.ts'
import { idOf } from './apply-session.ts'
import { findPaymentOfIntent } from './find-payment.ts'
import type { PaymentContext } from './payment-context.ts'
import { recordChange } from './queries.ts'

/** In these the bank has decided. */
const FINAL = sql`('won', 'lost', 'warning_closed', 'prevented')`

/**
 * Stores a dispute's status with its payment, and each change in the ledger. A dispute that the bank has decided does not
 * reopen: an earlier status was read before. Returns false if the payment is not ours.
 */
export async function applyDispute(
  context: PaymentContext,
  { id, amount, currency, status, payment_intent }: Stripe.Dispute,
  record: readonly Query[],
): Promise<boolean> {
  const payment = await findPaymentOfIntent(context, idOf(payment_intent))
  if (!payment) return false
  const isNews = sql`
    EXISTS (SELECT 1 FROM payments WHERE payments.id = ${payment.id} AND dispute IS NOT ${status})
    AND (${status} IN ${FINAL} OR NOT EXISTS (
      SELECT 1 FROM payment_events WHERE payment_id = ${payment.id} AND stripe_id = ${id} AND note IN ${FINAL}))`
  const [changed] = await context.db.batch([
    recordChange(payment.order_id, context.now, isNews),
    sql<never>`
      INSERT INTO payment_events (order_id, payment_id, kind, amount_cents, currency, stripe_id, note, at)
      SELECT order_id, id, 'dispute', ${amount}, ${currency.toUpperCase()}, ${id}, ${status}, ${context.now}
      FROM payments WHERE id = ${payment.id} AND ${isNews}`,
    sql<never>`UPDATE payments SET dispute = ${status} WHERE id = ${payment.id} AND ${isNews}`,
    ...record,
  ])
  for (const { user_id } of changed) context.wake(user_id)
  return true
}
