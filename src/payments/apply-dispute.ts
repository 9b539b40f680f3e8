import { sql } from 'kysely'
import type Stripe from 'stripe'
import type { Query } from '../db/client.ts'
import { WON } from '../db/dispute.ts'
import { idOf } from './apply-session.ts'
import { findPaymentOfIntent } from './find-payment.ts'
import type { PaymentContext } from './payment-context.ts'
import { recordChange } from './queries.ts'

/** In these the bank has decided. */
const FINAL = sql`('won', 'lost', 'warning_closed', 'prevented')`

/**
 * Stores each change of a dispute in the ledger, and with its payment the status of one of its disputes: the newest
 * that the shop has not won, if any. A dispute that the bank has decided reopens only by an appeal: any other status was
 * read before. Returns false if the payment is not ours.
 */
export async function applyDispute(
  context: PaymentContext,
  { id, amount, currency, status, payment_intent }: Stripe.Dispute,
  record: readonly Query[],
): Promise<boolean> {
  const payment = await findPaymentOfIntent(context, idOf(payment_intent))
  if (!payment) return false
  const disputes = sql`
    payment_events WHERE order_id = ${payment.order_id} AND payment_id = ${payment.id} AND kind = 'dispute'`
  const own = sql`${disputes} AND stripe_id = ${id}`
  const isNews = sql`
    (${status} IS NOT (SELECT note FROM ${own} ORDER BY id DESC LIMIT 1)
      AND (${status} IN ${FINAL} OR ${status} LIKE 'appeal%' OR NOT EXISTS (SELECT 1 FROM ${own} AND note IN ${FINAL})))`
  const [changed] = await context.db.batch([
    recordChange(payment.order_id, context.now, isNews),
    sql<never>`
      INSERT INTO payment_events (order_id, payment_id, kind, amount_cents, currency, stripe_id, note, at)
      SELECT order_id, id, 'dispute', ${amount}, ${currency.toUpperCase()}, ${id}, ${status}, ${context.now}
      FROM payments WHERE id = ${payment.id} AND ${isNews}`,
    sql<never>`
      UPDATE payments SET changed_at = ${context.now}, dispute = (
        SELECT note FROM payment_events WHERE id IN (SELECT max(id) FROM ${disputes} GROUP BY stripe_id)
        ORDER BY note IN ${sql.raw(WON)}, id DESC LIMIT 1)
      WHERE id = ${payment.id}`,
    ...record,
  ])
  for (const { user_id } of changed) context.wake(user_id)
  return true
}
