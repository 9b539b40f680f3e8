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
 * twice, late and in any order. Returns once it has been applied, or is certainly none of this shop's business; throws
 * otherwise, and Stripe sends it again.
 */
export async function applyEvent(context: PaymentContext, { id, type, data }: Stripe.Event): Promise<void> {
  const known = await context.db.first(build.selectFrom('stripe_events').where('id', '=', id).select('id'))
  if (known) return
  const record = [build.insertInto('stripe_events').values({ id, type, at: context.now })]
  const about = (data.object as { id: string }).id
  try {
    const stripe = await context.stripe()
    if (type.startsWith('checkout.session.')) {
      const session = await orUnavailable(() => stripe.checkout.sessions.retrieve(about))
      const payment = await findPaymentOf(context, session)
      if (payment) await applySession(context, payment, session, { record })
    } else if (type.startsWith('refund.')) {
      await applyRefundBeside(context, await orUnavailable(() => stripe.refunds.retrieve(about)), record)
    } else if (type.startsWith('charge.dispute.')) {
      await applyDispute(context, await orUnavailable(() => stripe.disputes.retrieve(about)), record)
    }
  } catch (error) {
    const isApplied = violates(error, 'stripe_events.id') // by a simultaneous delivery
    if (!isApplied) throw error
  }
}

/**
 * Stripe refunds no more than it received. So where one of its dashboard and those of the shop are more, Stripe refuses,
 * or has failed, one of the shop's: asked about them, it says which. Throws `payment_unavailable` while it does not.
 */
async function applyRefundBeside(
  context: PaymentContext,
  refund: Stripe.Refund,
  record: readonly Query[],
): Promise<void> {
  const apply = async (): Promise<boolean> => {
    try {
      await applyRefund(context, refund, record)
      return true
    } catch (error) {
      if (!violates(error, 'refunded_at_most_received')) throw error
      return false
    }
  }
  if (await apply()) return
  await askAboutRefundsOf(context, idOf(refund.payment_intent))
  if (!(await apply())) throw paymentUnavailable()
}
