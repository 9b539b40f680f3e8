import { createScheduledController } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import type Stripe from 'stripe'
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'
import { PretendStripe } from '../../scripts/pretend-stripe/pretend-stripe.ts'
import worker from '../../src/index.ts'
import type { Answer } from '../http.ts'
import { integrityViolations } from '../integrity.ts'
import { aCustomer, aProduct, type Person, theOwner } from '../shop.ts'

/** A shop that takes payments, with a stand-in for Stripe. */

export const SETTINGS = { STRIPE_SECRET_KEY: 'sk_test_kiosk', STRIPE_WEBHOOK_SECRET: 'whsec_kiosk' }

export const ENDPOINT = 'https://shop.example/api/payments/stripe/'

/** Another one for each test. */
export let stripe: PretendStripe
/** The calls to its API, such as `POST /v1/refunds`. */
export let calls: string[]

/** How far the clock of Stripe and of the scheduled job is ahead of the requests', in milliseconds. */
let ahead = 0

/** Makes the shop of a test file one that takes payments. */
export function takePayments(): void {
  beforeAll(() => {
    Object.assign(env, SETTINGS)
  })
  afterAll(() => {
    Object.assign(env, { STRIPE_SECRET_KEY: '', STRIPE_WEBHOOK_SECRET: '' })
  })
  beforeEach(async () => {
    await forgetEarlierTests()
    ahead = 0
    calls = []
    stripe = new PretendStripe({
      secretKey: SETTINGS.STRIPE_SECRET_KEY,
      webhookSecret: SETTINGS.STRIPE_WEBHOOK_SECRET,
      endpoint: ENDPOINT,
      // Signed by our clock, since Stripe's may be ahead.
      deliver: async (request) => exports.default.fetch(await signed(await request.text())),
      now: () => Date.now() + ahead,
    })
    vi.stubGlobal('fetch', (input: RequestInfo, init?: RequestInit) => {
      const request = new Request(input, init)
      const { hostname, pathname } = new URL(request.url)
      if (hostname !== 'api.stripe.com') throw new Error(`The shop may call Stripe, and not ${hostname}`)
      calls.push(`${request.method} ${pathname}`)
      return stripe.fetch(request)
    })
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })
}

/** An event as Stripe sends it, signed this many seconds from now. */
export async function signed(body: string, seconds = 0): Promise<Request> {
  const time = Math.floor(Date.now() / 1000) + seconds
  const headers = {
    'Stripe-Signature': `t=${time},v1=${await hmac(SETTINGS.STRIPE_WEBHOOK_SECRET, `${time}.${body}`)}`,
  }
  return new Request(ENDPOINT, { method: 'POST', headers, body })
}

/** Sends one event of Stripe as it is, whatever its queue holds. */
export async function deliver(event: Stripe.Event): Promise<number> {
  return (await exports.default.fetch(await signed(JSON.stringify(event)))).status
}

async function hmac(secret: string, text: string): Promise<string> {
  const encode = (value: string) => new TextEncoder().encode(value)
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encode(secret), algorithm, false, ['sign'])
  const signature = await crypto.subtle.sign('HMAC', key, encode(text))
  return Array.from(new Uint8Array(signature), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Stripe is another one for each test, and knows nothing of the pages of others. */
async function forgetEarlierTests(): Promise<void> {
  await env.DB.batch([
    env.DB.prepare(`UPDATE payments SET state = 'expired' WHERE state IN ('opening', 'open', 'processing')`),
    env.DB.prepare(
      `UPDATE refunds SET check_at = ${Number.MAX_SAFE_INTEGER} WHERE state IN ('requested', 'pending')`,
    ),
    env.DB.prepare(
      `INSERT INTO counters (name, value) VALUES ('stripe_events', ${Date.now()})
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    ),
    env.DB.prepare(
      `UPDATE orders SET due_by = ${Number.MAX_SAFE_INTEGER} WHERE due_by IS NOT NULL AND paid_at IS NULL`,
    ),
  ])
}

/** An order of one line that is due. */
export async function aDueOrder(
  buyer?: Person,
  { quantity = 1, ...given }: { price?: string; stock?: number; name?: string; quantity?: number } = {},
): Promise<{ ann: Person; order: Answer['body']; product: Answer['body'] }> {
  const ann = buyer ?? (await aCustomer())
  const product = await aProduct({ price: '10.00', stock: 10, ...given })
  await ann.adds(product, quantity)
  const { body: order } = await ann.orders()
  return { ann, order, product }
}

export const opensPage = (ann: Person, order: { id: number }, body?: object): Promise<Answer> =>
  ann.call('POST', `/api/orders/${order.id}/payment/`, { body })

/** The sessions of an order at Stripe, newest first. */
export function sessionsOf(order: { id: number }): Stripe.Checkout.Session[] {
  return stripe.account.sessions().filter(({ metadata }) => metadata?.['kiosk_order'] === String(order.id))
}

/** An order whose customer has paid and whose shop knows it. */
export async function aPaidOrder(
  buyer?: Person,
  given: Parameters<typeof aDueOrder>[1] = {},
  page: { success_url?: string } = {},
) {
  const { ann, order, product } = await aDueOrder(buyer, given)
  await opensPage(ann, order, page)
  const [session] = sessionsOf(order)
  stripe.account.pay(session!.id)
  await stripe.events.deliverAll()
  return { ann, product, session: session!, order: await reread(ann, order) }
}

export async function reread(ann: Person, order: { id: number }): Promise<Answer['body']> {
  return (await ann.call('GET', `/api/orders/${order.id}/`)).body
}

/** Lets the clock of Stripe and of the scheduled job run on. */
export function letPass(minutes: number): void {
  ahead += minutes * 60_000
}

/** Runs the job of the minute. */
export async function runJob(): Promise<void> {
  const scheduledTime = new Date(Date.now() + ahead)
  await worker.scheduled(createScheduledController({ cron: '* * * * *', scheduledTime }), env)
}

/** The ledger of an order, oldest first: kind and amount. */
export async function ledgerOf(order: { id: number }): Promise<[kind: string, amount: string][]> {
  const { body } = await (
    await theOwner()
  ).call('GET', `/api/admin/orders/${order.id}/payments/?page_size=100`)
  const entries = body.results as { kind: string; amount: string }[]
  return entries.map(({ kind, amount }): [string, string] => [kind, amount]).toReversed()
}

/**
 * Delivers what Stripe has to say, runs the job, and checks that the order, its ledger and Stripe agree: the money of
 * the order, and that no money is kept without an order.
 */
export async function settles(ann: Person, order: { id: number }): Promise<Answer['body']> {
  await stripe.events.deliverAll()
  await runJob()
  await stripe.events.deliverAll()
  await agrees(order)
  expect(await integrityViolations()).toEqual({})
  return reread(ann, order)
}

/** The sums of the order are those of Stripe. */
export async function agrees(order: { id: number }): Promise<void> {
  const intents = sessionsOf(order).flatMap(({ payment_intent }) =>
    payment_intent ? [stripe.account.intent(payment_intent as string)] : [],
  )
  const sum = (amounts: number[]) => amounts.reduce((total, each) => total + each, 0)
  const refunds = intents.flatMap(({ id }) => stripe.account.refunds(id))
  const atStripe = {
    paid_cents: sum(intents.map(({ amount_received }) => amount_received)),
    refunded_cents: sum(refunds.filter(({ status }) => status === 'succeeded').map(({ amount }) => amount)),
    refunding_cents: sum(refunds.filter(({ status }) => status === 'pending').map(({ amount }) => amount)),
  }
  const here = await env.DB.prepare(
    'SELECT paid_cents, refunded_cents, refunding_cents FROM orders WHERE id = ?',
  )
    .bind(order.id)
    .first()
  expect(here).toEqual(atStripe)
}
