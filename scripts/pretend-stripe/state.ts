import type Stripe from 'stripe'

/** All that the stand-in knows: plain data, so that it can be stored as JSON. By id, oldest first. */
export interface State {
  sessions: Record<string, Stripe.Checkout.Session>
  /** Of each session, the metadata that its payment will have. */
  intentMetadata: Record<string, Stripe.Metadata>
  intents: Record<string, Stripe.PaymentIntent>
  refunds: Record<string, Stripe.Refund>
  disputes: Record<string, Stripe.Dispute>
  /** All events of the last 30 days, as Stripe lists them. */
  events: Stripe.Event[]
  /** Events that the shop has not accepted yet. */
  queue: QueuedEvent[]
  /** By idempotency key. */
  requests: Record<string, SavedRequest>
}

export interface QueuedEvent {
  event: Stripe.Event
  /** Deliveries that were not answered with 2xx. */
  attempts: number
  /** When it is due, in milliseconds. */
  due_at: number
}

export interface SavedRequest {
  /** Path and parameters. */
  fingerprint: string
  /** In milliseconds. */
  at: number
  /** None while the request executes. */
  answer?: Answer
}

export interface Answer {
  status: number
  body: unknown
}

export function emptyState(): State {
  return {
    sessions: {},
    intentMetadata: {},
    intents: {},
    refunds: {},
    disputes: {},
    events: [],
    queue: [],
    requests: {},
  }
}
