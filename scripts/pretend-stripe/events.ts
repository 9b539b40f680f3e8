import type Stripe from 'stripe'
import type { Faults } from './faults.ts'
import { newId } from './objects.ts'
import type { EventListParams } from './parameters.ts'
import type { QueuedEvent, State } from './state.ts'

const HOUR = 3_600_000
/** Stripe lists an event for 30 days. */
const LISTED = 30 * 24 * HOUR
/** That of src/payments/stripe.ts. */
export const API_VERSION = '2026-10-28.endive'

/** The events that this stand-in sends. */
export type EventType =
  | `checkout.session.${'completed' | 'async_payment_succeeded' | 'async_payment_failed' | 'expired'}`
  | `refund.${'created' | 'updated' | 'failed'}`
  | `charge.dispute.${'created' | 'closed' | 'funds_withdrawn' | 'funds_reinstated'}`

type ObjectOf<Type extends EventType> = Extract<Stripe.Event, { type: Type }>['data']['object']

export interface EventsOptions {
  webhookSecret: string
  /** In milliseconds. */
  now: () => number
  /** Sends an event to the shop. The URL of the request is the one of the endpoint. */
  deliver: (request: Request) => Promise<Response>
  endpoint: string
}

/**
 * The events of the last 30 days, which the API lists. Signs and delivers those that the shop has not accepted yet,
 * until it answers 2xx.
 */
export class Events {
  readonly #options: EventsOptions
  readonly #state: State
  readonly #faults: Faults
  /** Events lost by a fault. */
  readonly lost: Stripe.Event[] = []

  constructor(options: EventsOptions, state: State, faults: Faults) {
    this.#options = options
    this.#state = state
    this.#faults = faults
  }

  /** Those of the last 30 days, delivered or not, newest first. */
  list({ from, to, types }: EventListParams): Stripe.Event[] {
    return this.#state.events
      .filter(({ created, type }) => created >= from && created <= to && (types?.includes(type) ?? true))
      .toReversed()
  }

  /** In the order in which they are due. */
  get undelivered(): Stripe.Event[] {
    return this.#due(Infinity).map(({ event }) => event)
  }

  emit<Type extends EventType>(
    type: Type,
    object: ObjectOf<Type>,
    idempotency_key: string | null = null,
  ): void {
    const { queue } = this.#state
    const now = this.#options.now()
    const event = this.#newEvent(type, object, idempotency_key)
    this.#state.events = this.#state.events.filter(({ created }) => created * 1000 > now - LISTED)
    this.#state.events.push(event)
    const queued: QueuedEvent = { event, attempts: 0, due_at: now }
    switch (this.#faults.event(type, object)) {
      case 'lost':
        this.lost.push(event)
        return
      case 'doubled':
        queue.push(queued, { ...queued })
        return
      case 'twin': {
        const twin = { ...event, id: newId('evt_') }
        this.#state.events.push(twin)
        queue.push(queued, { ...queued, event: twin })
        return
      }
      case 'late':
        queue.push({ ...queued, due_at: now + HOUR })
        return
      case 'overtaking':
        queue.unshift({ ...queued, due_at: Math.min(now, ...queue.map(({ due_at }) => due_at)) })
        return
      case undefined:
        queue.push(queued)
    }
  }

  /**
   * Sends each event that is due, or with `all` each that is queued, once and in turn. Returns how many were not
   * accepted.
   */
  async deliver({ all = false } = {}): Promise<number> {
    return this.#send(this.#due(all ? Infinity : this.#options.now()))
  }

  /** Sends every event, also those that are not due, until all are accepted. Throws if some never are. */
  async deliverAll({ rounds = 20 } = {}): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      if (this.#state.queue.length === 0) return
      await this.deliver({ all: true })
    }
    const rest = this.undelivered
    if (rest.length > 0)
      throw new Error(
        `Not accepted in ${rounds} rounds: ${rest.map(({ id, type }) => `${type} ${id}`).join(', ')}`,
      )
  }

  /** The request that delivers an event, signed. */
  async signed(event: Stripe.Event): Promise<Request> {
    const { webhookSecret, now, endpoint } = this.#options
    const body = JSON.stringify(event, undefined, 2)
    const time = Math.floor(now() / 1000)
    return new Request(endpoint, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        'Stripe-Signature': `t=${time},v1=${await hmac(webhookSecret, `${time}.${body}`)}`,
      },
      body,
    })
  }

  #due(time: number): QueuedEvent[] {
    return this.#state.queue
      .filter(({ due_at }) => due_at <= time)
      .toSorted((one, other) => one.due_at - other.due_at)
  }

  async #send(events: QueuedEvent[]): Promise<number> {
    let refused = 0
    for (const queued of events) {
      const { queue } = this.#state
      if (!queue.includes(queued)) continue // accepted by a delivery at the same time
      if (await this.#accepts(queued.event)) {
        if (queue.includes(queued)) queue.splice(queue.indexOf(queued), 1)
        continue
      }
      refused += 1
      queued.attempts += 1
      queued.due_at = this.#options.now() + Math.min(1000 * 2 ** queued.attempts, HOUR)
    }
    return refused
  }

  async #accepts(event: Stripe.Event): Promise<boolean> {
    try {
      const answer = await this.#options.deliver(await this.signed(event))
      await answer.body?.cancel()
      return answer.ok
    } catch {
      return false // no answer: the shop does not run, or its connection broke
    }
  }

  #newEvent(type: EventType, object: object, idempotency_key: string | null): Stripe.Event {
    return {
      id: newId('evt_'),
      object: 'event',
      api_version: API_VERSION,
      created: Math.floor(this.#options.now() / 1000),
      data: { object: structuredClone(object) },
      livemode: false,
      pending_webhooks: 1,
      request: { id: newId('req_'), idempotency_key },
      type,
    } satisfies Stripe.EventBase as Stripe.Event // a union by type, which TypeScript cannot follow here
  }
}

async function hmac(secret: string, text: string): Promise<string> {
  const encode = (value: string) => new TextEncoder().encode(value)
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encode(secret), algorithm, false, ['sign'])
  const signature = await crypto.subtle.sign('HMAC', key, encode(text))
  return Array.from(new Uint8Array(signature), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
