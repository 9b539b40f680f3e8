import { applySession } from './apply-session.ts'
import { askForPage } from './ask-for-page.ts'
import { type PaymentRow, selectLivePayment } from './queries.ts'
import { orUnavailable, paymentUnavailable, reasonOf } from './stripe-error.ts'
import type { Till } from './till.ts'

/**
 * Ends the attempt on which an order could still be paid, and records what Stripe says of it: that its page has
 * expired, or that it has been paid. Throws `payment_unavailable` if Stripe does not say.
 */
export async function closePage(till: Till, order_id: number): Promise<void> {
  const payment = await till.db.first(selectLivePayment(order_id))
  if (payment) await closePayment(till, payment)
}

export async function closePayment(till: Till, payment: PaymentRow): Promise<void> {
  // Without an id it is unknown whether there is a page: a repeat of the request tells.
  const known = payment.session_id === null ? await askForPage(till, payment) : payment
  if (known.session_id === null || known.state === 'expired' || known.state === 'paid') return
  const stripe = await till.stripe()
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
  const { state } = await applySession(till, known, session, { isCancelling: true })
  if (state === 'open') throw paymentUnavailable()
}
