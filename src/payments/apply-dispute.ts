import { sql } from 'kysely'
import type Stripe from 'stripe'
import type { Query } from '../db/client.ts'
import { idOf } from './apply-session.ts'
import { findPaymentOfIntent } from './find-payment.ts'
import { recordChange } from './queries.ts'
import type { Till } from './till.ts'

/** Stores a dispute's status with its payment, and each change in the ledger. Returns false if the payment is not ours. */
export async function applyDispute(
  till: Till,
  { id, amount, currency, status, payment_intent }: Stripe.Dispute,
  record: readonly Query[],
): Promise<boolean> {
  const payment = await findPaymentOfIntent(till, idOf(payment_intent))
  if (!payment) return false
  const isNews = sql`EXISTS (SELECT 1 FROM payments WHERE payments.id = ${payment.id} AND dispute IS NOT ${status})`
  const [changed] = await till.db.batch([
    recordChange(payment.order_id, till.now, isNews),
    sql<never>`
      INSERT INTO payment_events (order_id, payment_id, kind, amount_cents, currency, stripe_id, note, at)
      SELECT order_id, id, 'dispute', ${amount}, ${currency.toUpperCase()}, ${id}, ${status}, ${till.now}
      FROM payments WHERE id = ${payment.id} AND ${isNews}`,
    sql<never>`UPDATE payments SET dispute = ${status} WHERE id = ${payment.id} AND ${isNews}`,
    ...record,
  ])
  for (const { user_id } of changed) till.wake(user_id)
  return true
}
