import type Stripe from 'stripe'
import { ApiError, notFound } from './api-error.ts'
import type { Events } from './events.ts'
import { newDispute, newIntent, newRefund, newSession } from './objects.ts'
import { type ListParams, metadataOf } from './parameters.ts'
import type { State } from './state.ts'

type Session = Stripe.Checkout.Session

export interface AccountOptions {
  /** In milliseconds. */
  now: () => number
  /** The address of the hosted page, without a path. */
  page: string
  /** Shortens the life of a session below the `expires_at` of its creation, since Stripe takes no less than 30 minutes. */
  sessionSeconds?: number
}

/** A shop's account at Stripe: what the API, the customer on the hosted page, banks and time do to it. */
export class Account {
  readonly #options: AccountOptions
  readonly #state: State
  readonly #events: Events
  /** The state that a new refund goes to at once. */
  refundsBecome: 'succeeded' | 'pending' | 'failed' = 'succeeded'

  constructor(options: AccountOptions, state: State, events: Events) {
    this.#options = options
    this.#state = state
    this.#events = events
  }

  get #seconds(): number {
    return Math.floor(this.#options.now() / 1000)
  }

  // The API.

  createSession(params: Stripe.Checkout.SessionCreateParams): Session {
    const { page, sessionSeconds = Infinity } = this.#options
    const ends = Math.min(params.expires_at ?? this.#seconds + 24 * 60 * 60, this.#seconds + sessionSeconds)
    const session = newSession(params, page, this.#seconds, ends)
    this.#state.sessions[session.id] = session
    this.#state.intentMetadata[session.id] = metadataOf(params.payment_intent_data?.metadata)
    return session
  }

  session(id: string): Session {
    this.tick()
    const found = this.#state.sessions[id]
    if (!found) throw notFound('checkout.session', id)
    return found
  }

  /** Newest first. */
  sessions({ payment_intent, status }: Partial<ListParams> = {}): Session[] {
    this.tick()
    return Object.values(this.#state.sessions)
      .filter((each) => payment_intent === undefined || each.payment_intent === payment_intent)
      .filter((each) => status === undefined || each.status === status)
      .toReversed()
  }

  /** By API or from Stripe's dashboard. */
  expireSession(id: string, idempotency_key: string | null = null): Session {
    const session = this.session(id)
    if (session.status !== 'open')
      throw new ApiError(
        400,
        `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.status}\`.`,
      )
    return this.#close(session, idempotency_key)
  }

  intent(id: string, status = 404): Stripe.PaymentIntent {
    const found = this.#state.intents[id]
    if (!found) throw notFound('payment_intent', id, status)
    return found
  }

  createRefund(params: Stripe.RefundCreateParams, idempotency_key: string | null): Stripe.Refund {
    const intent = this.intent(params.payment_intent!, 400)
    if (intent.status !== 'succeeded')
      throw new ApiError(
        400,
        `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`,
        {
          code: 'payment_intent_unexpected_state',
        },
      )
    if (this.disputes(intent.id).some(({ status }) => status !== 'won'))
      throw new ApiError(400, `The charge, ${intent.latest_charge as string}, has been charged back.`, {
        code: 'charge_disputed',
      })
    const left = intent.amount_received - this.refundedOf(intent.id)
    if (left === 0)
      throw new ApiError(400, `Charge ${intent.latest_charge as string} has already been refunded.`, {
        code: 'charge_already_refunded',
      })
    const amount = params.amount ?? left
    if (amount > left)
      throw new ApiError(
        400,
        `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`,
        {
          code: 'amount_too_large',
          param: 'amount',
        },
      )
    const refund = newRefund(intent, params, amount, this.#seconds)
    this.#state.refunds[refund.id] = refund
    if (this.refundsBecome === 'succeeded') refund.status = 'succeeded'
    this.#events.emit('refund.created', refund, idempotency_key)
    if (this.refundsBecome === 'failed') this.failRefund(refund.id)
    return refund
  }

  refund(id: string): Stripe.Refund {
    const found = this.#state.refunds[id]
    if (!found) throw notFound('refund', id)
    return found
  }

  /** Newest first. */
  refunds(payment_intent?: string): Stripe.Refund[] {
    return Object.values(this.#state.refunds)
      .filter((each) => payment_intent === undefined || each.payment_intent === payment_intent)
      .toReversed()
  }

  dispute(id: string): Stripe.Dispute {
    const found = this.#state.disputes[id]
    if (!found) throw notFound('dispute', id)
    return found
  }

  disputes(payment_intent?: string): Stripe.Dispute[] {
    return Object.values(this.#state.disputes)
      .filter((each) => payment_intent === undefined || each.payment_intent === payment_intent)
      .toReversed()
  }

  /** What has been, or is being, paid back of a payment. */
  refundedOf(payment_intent: string): number {
    return this.refunds(payment_intent)
      .filter(({ status }) => status !== 'failed' && status !== 'canceled')
      .reduce((sum, { amount }) => sum + amount, 0)
  }

  // The customer. Each throws when the page is no longer open.

  /** Pays with a card: paid at once. `amount` and `currency` differ from the session's only in tests of what must not happen. */
  pay(id: string, { amount, currency }: { amount?: number; currency?: string } = {}): Session {
    const session = this.#open(id)
    session.amount_total = amount ?? session.amount_total
    session.currency = currency ?? session.currency
    this.#complete(session)
    return this.#receive(session, 'checkout.session.completed')
  }

  /** Pays by a method that takes days: complete, but unpaid until `settle`. Also where the session allows only cards. */
  payLater(id: string): Session {
    const session = this.#complete(this.#open(id))
    this.#events.emit('checkout.session.completed', session)
    return session
  }

  /** The bank has, or has not, moved the money of `payLater`. */
  settle(id: string, paid = true): Session {
    const session = this.session(id)
    if (session.status !== 'complete' || session.payment_status !== 'unpaid')
      throw new ApiError(400, `${id} waits for no bank`)
    if (paid) return this.#receive(session, 'checkout.session.async_payment_succeeded')
    this.intent(session.payment_intent as string).status = 'requires_payment_method'
    this.#events.emit('checkout.session.async_payment_failed', session)
    return session
  }

  /** The bank refuses the card: the page stays open. */
  decline(id: string): Session {
    return this.#open(id)
  }

  // Banks and time.

  /** A pending refund has arrived. */
  settleRefund(id: string): Stripe.Refund {
    const refund = this.refund(id)
    if (refund.status !== 'pending') throw new ApiError(400, `${id} is ${refund.status}`)
    refund.status = 'succeeded'
    this.#events.emit('refund.updated', refund)
    return refund
  }

  /** The bank sends a refund back, even one that had succeeded: the money is the shop's again. */
  failRefund(id: string): Stripe.Refund {
    const refund = this.refund(id)
    if (refund.status !== 'pending' && refund.status !== 'succeeded')
      throw new ApiError(400, `${id} is ${refund.status}`)
    refund.status = 'failed'
    refund.failure_reason = 'expired_or_canceled_card'
    this.#events.emit('refund.updated', refund)
    this.#events.emit('refund.failed', refund)
    return refund
  }

  /** The customer's bank takes the money back. */
  openDispute(payment_intent: string): Stripe.Dispute {
    const intent = this.intent(payment_intent)
    const dispute = newDispute(intent, intent.amount_received - this.refundedOf(intent.id), this.#seconds)
    this.#state.disputes[dispute.id] = dispute
    this.#events.emit('charge.dispute.created', dispute)
    this.#events.emit('charge.dispute.funds_withdrawn', dispute)
    return dispute
  }

  closeDispute(id: string, status: 'won' | 'lost'): Stripe.Dispute {
    const dispute = this.dispute(id)
    dispute.status = status
    dispute.is_charge_refundable = status === 'won'
    if (status === 'won') this.#events.emit('charge.dispute.funds_reinstated', dispute)
    this.#events.emit('charge.dispute.closed', dispute)
    return dispute
  }

  /** Expires the sessions whose time is over. Every reading of sessions does this. */
  tick(): void {
    for (const session of Object.values(this.#state.sessions))
      if (session.status === 'open' && session.expires_at <= this.#seconds) this.#close(session)
  }

  #open(id: string): Session {
    const session = this.session(id)
    if (session.status !== 'open') throw new PageClosed(session)
    return session
  }

  #close(session: Session, idempotency_key: string | null = null): Session {
    session.status = 'expired'
    session.url = null
    this.#events.emit('checkout.session.expired', session, idempotency_key)
    return session
  }

  #complete(session: Session): Session {
    const intent = newIntent(session, this.#state.intentMetadata[session.id]!, this.#seconds)
    this.#state.intents[intent.id] = intent
    session.status = 'complete'
    session.payment_intent = intent.id
    session.url = null
    session.customer_details = {
      address: null,
      business_name: null,
      email: session.customer_email ?? 'someone@example.com',
      individual_name: null,
      name: 'Test Customer',
      phone: null,
      tax_exempt: 'none',
      tax_ids: [],
    }
    return session
  }

  #receive(
    session: Session,
    type: 'checkout.session.completed' | 'checkout.session.async_payment_succeeded',
  ): Session {
    const intent = this.intent(session.payment_intent as string)
    intent.status = 'succeeded'
    intent.amount_received = intent.amount
    session.payment_status = 'paid'
    this.#events.emit(type, session)
    return session
  }
}

/** A customer acts on a page that is no longer open. */
export class PageClosed extends Error {
  constructor({ id, status }: Session) {
    super(`${id} is ${status}. You have either completed the payment or a timeout occurred.`)
  }
}
