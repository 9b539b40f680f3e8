import { sql } from 'kysely'
import type Stripe from 'stripe'
import { build } from '../db/build.ts'
import { applySession, type Circumstances } from './apply-session.ts'
import type { PaymentContext } from './payment-context.ts'
import { type PaymentRow, selectPayment } from './queries.ts'
import { failureOf, orUnavailable, unavailable } from './stripe-error.ts'

type Session = Stripe.Checkout.Session
type Made = Session & Partial<Pick<Stripe.Response<Session>, 'lastResponse'>>

/** Sessions that are looked through for one whose answer was an error. */
const MAX_SESSIONS = 500
/** Stripe's clock and ours differ. */
const MARGIN_MILLISECONDS = 5 * 60_000

/**
 * Asks Stripe for the page of a payment, or for the one that an earlier call has made: the same bytes under the same
 * key. Returns the payment, which is `expired` if it is certain that nobody can have its page: the next one may begin.
 * Throws `payment_unavailable` while that is not known.
 */
export async function createCheckoutSession(
  context: PaymentContext,
  payment: PaymentRow,
  circumstances?: Circumstances,
): Promise<PaymentRow> {
  const stripe = await context.stripe()
  const made = await create(stripe, payment)
  if (made === undefined) return giveUp(context, payment)
  const { id, lastResponse } = made
  // A repeat under the same key gives the session as it was when it was made. In a Worker the headers of lastResponse
  // are a Headers object, and not the record that their type says.
  const isOld = new Headers(lastResponse?.headers).has('idempotent-replayed')
  const session = isOld ? await orUnavailable(() => stripe.checkout.sessions.retrieve(id)) : made
  return applySession(context, payment, session, circumstances)
}

/** The session of the payment; undefined if there is certainly none that anybody could pay. */
async function create(stripe: Stripe, payment: PaymentRow): Promise<Made | undefined> {
  const parameters = JSON.parse(payment.parameters) as Stripe.Checkout.SessionCreateParams
  try {
    return await stripe.checkout.sessions.create(parameters, { idempotencyKey: payment.key })
  } catch (error) {
    const failure = failureOf(error)
    const problem = unavailable(error)
    if (failure === 'unanswered') throw problem
    // A refusal has no effect. After a 500 there may be a session, but its address has reached nobody.
    if (failure === 'refused') return undefined
    return orUnavailable(() => findSession(stripe, payment))
  }
}

/** Stripe has no search by metadata: reads the sessions since the payment began, newest first. */
async function findSession(stripe: Stripe, { key, created_at }: PaymentRow): Promise<Session | undefined> {
  let read = 0
  for await (const session of stripe.checkout.sessions.list({ limit: 100 })) {
    if (session.metadata?.['kiosk_payment'] === key) return session
    if ((read += 1) === MAX_SESSIONS || session.created * 1000 < created_at - MARGIN_MILLISECONDS) break
  }
  return undefined
}

/** If Stripe has a session after all and an event tells of it, that is still applied. */
async function giveUp({ db, now }: PaymentContext, { id }: PaymentRow): Promise<PaymentRow> {
  const [, [row]] = await db.batch([
    build
      .updateTable('payments')
      .set({ state: 'expired', changed_at: now })
      .where('id', '=', id)
      .where(sql<boolean>`state = 'opening'`),
    selectPayment(id),
  ])
  return row!
}
