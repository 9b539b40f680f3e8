import { Hono } from 'hono'
import { Account } from './account.ts'
import { api } from './api.ts'
import { Events } from './events.ts'
import { type ApiFault, ConnectionLost, noFaults } from './faults.ts'
import { hostedPages } from './hosted-page.ts'
import { emptyState, type State } from './state.ts'

export interface PretendStripeOptions {
  secretKey: string
  webhookSecret: string
  /** Sends a signed event to the shop. */
  deliver: (request: Request) => Promise<Response>
  /** The URL of the shop's endpoint, for `deliver`. */
  endpoint?: string
  /** The address under which browsers reach `fetch`, without a path. */
  page?: string
  /** In milliseconds. */
  now?: () => number
  /** Shortens the life of the page: Stripe's least is 30 minutes. */
  sessionSeconds?: number
  /** Of an earlier run. */
  state?: State
}

/**
 * A stand-in of Stripe for tests and for running the shop without an account: Checkout, refunds, disputes and
 * webhooks, with the faults that a test asks for. Uses nothing of Node, so that it also runs inside workerd.
 */
export class PretendStripe {
  readonly state: State
  readonly faults = noFaults()
  readonly account: Account
  readonly events: Events
  /** Awaited while each POST to the API executes. */
  pause: (() => Promise<void>) | undefined
  readonly #app: Hono<{ Bindings: { fault: ApiFault | undefined } }>

  constructor({
    secretKey,
    webhookSecret,
    deliver,
    endpoint = 'http://shop.test/api/payments/stripe/',
    page = 'https://checkout.stripe.test',
    now = Date.now,
    sessionSeconds = Infinity,
    state = emptyState(),
  }: PretendStripeOptions) {
    this.state = state
    this.events = new Events({ webhookSecret, now, deliver, endpoint }, state, this.faults)
    this.account = new Account({ now, page, sessionSeconds }, state, this.events)
    this.#app = new Hono<{ Bindings: { fault: ApiFault | undefined } }>()
      .route('/', api(this.account, this.events, state, { secretKey, now, pause: () => this.pause }))
      .route('/', hostedPages(this.account, this.events))
  }

  /** Answers a request to the API or from a browser. Throws `ConnectionLost` where a fault loses the answer. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    const isApi = pathname.startsWith('/v1/')
    const fault = isApi ? this.faults.api(`${request.method} ${pathname}`) : undefined
    if (fault === 'lost before') throw new ConnectionLost()
    const answer = await this.#app.fetch(request, { fault })
    if (fault === 'lost after') throw new ConnectionLost()
    return answer
  }
}
