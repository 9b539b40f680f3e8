import { applySession } from './apply-session.ts'
import { createCheckoutSession } from './create-checkout-session.ts'
import type { PaymentContext } from './payment-context.ts'
import { type PaymentRow, selectLivePayment } from './queries.ts'
import { orUnavailable, paymentUnavailable, reasonOf } from './stripe-error.ts'

/**
 * Ends the payment by which an order could still be paid, and records what Stripe says of it: that its page has
 * expired, or that it has been paid. Throws `payment_unavailable` if Stripe does not say.
 */
export async function closeCheckout(context: PaymentContext, order_id: number): Promise<void> {
  const payment = await context.db.first(selectLivePayment(order_id))
  if (payment) await closePayment(context, payment)
}

export async function closePayment(context: PaymentContext, payment: PaymentRow): Promise<void> {
  // Without an id it is unknown whether there is a page: a repeat of the request tells.
  const isCancelling = true
  const known =
    payment.session_id === null ? await createCheckoutSession(context, payment, { isCancelling }) : payment
  if (known.session_id === null || known.state === 'expired' || known.state === 'paid') return
  const stripe = await context.stripe()
  const session_id = known.session_id
  try {
    // With a new key each time: a session expires once, and Stripe would repeat an error under the same key.
    await stripe.checkout.sessions.expire(session_id)
  } catch (error) {
    // Most likely it is complete or has expired by itself; if not, it shows now.
    console.info(JSON.stringify({ session_id, not_expired: reasonOf(error) }))
  }
  // Read again: the answer may be that of an earlier call.
  const session = await orUnavailable(() => stripe.checkout.sessions.retrieve(session_id))
  const { state } = await applySession(context, known, session, { isCancelling })
  if (state === 'open') throw paymentUnavailable()
}
