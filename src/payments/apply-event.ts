import type Stripe from 'stripe'
import { build } from '../db/build.ts'
import type { Query } from '../db/client.ts'
import { violates } from '../db/refusal.ts'
import { applyDispute } from './apply-dispute.ts'
import { applyRefund } from './apply-refund.ts'
import { applySession, idOf } from './apply-session.ts'
import { findPaymentOf } from './find-payment.ts'
import type { PaymentContext } from './payment-context.ts'
import { askAboutRefundsOf } from './return-money.ts'
import { orUnavailable, paymentUnavailable } from './stripe-error.ts'

/**
 * Applies an event: a hint that something has changed. What it is about is read from Stripe, so that events may come
 * twice, late and in any order. Records an event that it has applied, and one of no payment that this shop knows, so
 * that nothing asks Stripe about it again; throws otherwise, and Stripe sends the event again.
 */
export async function applyEvent(context: PaymentContext, event: Stripe.Event): Promise<void> {
  const { id, type } = event
  if (!HANDLED.test(type)) return
  const known = await context.db.first(build.selectFrom('stripe_events').where('id', '=', id).select('id'))
  if (known) return
  const record = [build.insertInto('stripe_events').values({ id, type, at: context.now })]
  try {
    if (!(await applyIfOurs(context, event, record))) await context.db.batch(record)
  } catch (error) {
    const isApplied = violates(error, 'stripe_events.id') // by a simultaneous delivery
    if (!isApplied) throw error
  }
}

const HANDLED = /^(checkout\.session|refund|charge\.dispute)\./

/** Returns false for an event of no payment that this shop knows, which it does not record. */
async function applyIfOurs(
  context: PaymentContext,
  { type, data }: Stripe.Event,
  record: readonly Query[],
): Promise<boolean> {
  const stripe = await context.stripe()
  const { id } = data.object as { id: string }
  if (type.startsWith('refund.'))
    return applyRefundAfterOurs(context, await orUnavailable(() => stripe.refunds.retrieve(id)), record)
  if (type.startsWith('charge.dispute.'))
    return applyDispute(context, await orUnavailable(() => stripe.disputes.retrieve(id)), record)
  const session = await orUnavailable(() => stripe.checkout.sessions.retrieve(id))
  const payment = await findPaymentOf(context, session)
  if (payment) await applySession(context, payment, session, { record })
  return payment !== undefined
}

/**
 * Stripe refunds no more than it received. So where this refund and the shop's own are more, Stripe has refused, or
 * failed, one of the shop's: asked about them, it says which, and this one is applied after them. Throws
 * `payment_unavailable` while it does not.
 */
async function applyRefundAfterOurs(
  context: PaymentContext,
  refund: Stripe.Refund,
  record: readonly Query[],
): Promise<boolean> {
  const apply = () => applyRefund(context, refund, record)
  const isTooMuch = (error: unknown) => violates(error, 'refunded_at_most_received')
  try {
    return await apply()
  } catch (error) {
    if (!isTooMuch(error)) throw error
  }
  await askAboutRefundsOf(context, idOf(refund.payment_intent))
  return apply().catch((error: unknown) => {
    throw isTooMuch(error) ? paymentUnavailable() : error
  })
}
