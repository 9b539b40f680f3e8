import { Stripe } from 'stripe'
import { describe, expect, it } from 'vitest'
import { once } from '../scripts/pretend-stripe/faults.ts'
import { PretendStripe, type PretendStripeOptions } from '../scripts/pretend-stripe/pretend-stripe.ts'

const MINUTE = 60_000
const SECRETS = { secretKey: 'sk_test_pretend', webhookSecret: 'whsec_pretend' }

/** A stand-in, Stripe's own SDK as its client, and the events that a shop accepted from it. */
function opened(options: Partial<PretendStripeOptions> = {}) {
  const clock = { now: Date.UTC(2026, 10, 26) }
  const accepted: Stripe.Event[] = []
  const shop = { accepts: true }
  const stripe = new PretendStripe({
    ...SECRETS,
    now: () => clock.now,
    deliver: async (request) => {
      if (!shop.accepts) return new Response(null, { status: 503 })
      accepted.push(await verified(request, clock.now))
      return new Response(null, { status: 200 })
    },
    ...options,
  })
  const client = new Stripe(SECRETS.secretKey, {
    httpClient: Stripe.createFetchHttpClient(((url: string, init: RequestInit) =>
      stripe.fetch(new Request(url, init))) as typeof fetch),
    maxNetworkRetries: 0,
    telemetry: false,
  })
  return { stripe, client, clock, accepted, shop }
}

async function verified(request: Request, now: number): Promise<Stripe.Event> {
  const signature = request.headers.get('Stripe-Signature')!
  const text = await request.text()
  const webhooks = new Stripe(SECRETS.secretKey).webhooks
  return webhooks.constructEventAsync(text, signature, SECRETS.webhookSecret, 300, undefined, now)
}

function params(clock: { now: number }, given: Stripe.Checkout.SessionCreateParams = {}) {
  return {
    mode: 'payment',
    client_reference_id: '17',
    success_url: 'https://shop.test/thank-you?session={CHECKOUT_SESSION_ID}',
    cancel_url: 'https://shop.test/orders/17',
    expires_at: Math.floor(clock.now / 1000) + 31 * 60,
    allowed_payment_method_types: ['card'],
    adaptive_pricing: { enabled: false },
    metadata: { order_id: 17 },
    payment_intent_data: { metadata: { order_id: '17' } },
    line_items: [
      { quantity: 2, price_data: { currency: 'eur', unit_amount: 1999, product_data: { name: 'Mug' } } },
      { quantity: 1, price_data: { currency: 'eur', unit_amount: 490, product_data: { name: 'Delivery' } } },
    ],
    ...given,
  } satisfies Stripe.Checkout.SessionCreateParams
}

/** A paid session and its payment. */
async function paid(shop: ReturnType<typeof opened>) {
  const { id } = await shop.client.checkout.sessions.create(params(shop.clock))
  const session = shop.stripe.account.pay(id)
  return { id, payment_intent: session.payment_intent as string }
}

/** What the SDK throws. */
async function errorOf(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  return call.then(
    () => expect.fail('The call was answered.'),
    (error: Stripe.errors.StripeError) => error,
  )
}

describe('the stand-in for Stripe: Checkout', () => {
  it('creates a session with the sum of its lines, its metadata as strings and a page', async () => {
    const { client, clock } = opened()
    const session = await client.checkout.sessions.create(params(clock))
    expect(session).toMatchObject({
      amount_total: 2 * 1999 + 490,
      currency: 'eur',
      status: 'open',
      payment_status: 'unpaid',
      client_reference_id: '17',
      metadata: { order_id: '17' },
      adaptive_pricing: { enabled: false },
      payment_intent: null,
    })
    expect(session.url).toMatch(/^https:\/\/checkout\.stripe\.test\/c\/pay\/cs_test_/)
    expect(await client.checkout.sessions.retrieve(session.id)).toMatchObject({
      id: session.id,
      status: 'open',
    })
  })

  it.each<[string, string | undefined, Record<string, unknown>]>([
    ['line_items[0][quantity_]', 'parameter_unknown', { line_items: [{ quantity_: 1 }] }],
    ['payment_method_types', 'parameter_unknown', { payment_method_types: ['card'] }],
    ['success_url', 'parameter_missing', { success_url: undefined }],
    ['line_items', 'parameter_missing', { line_items: undefined }],
    ['client_reference_id', 'parameter_invalid_string', { client_reference_id: 'x'.repeat(201) }],
    ['metadata[a]', 'parameter_invalid_string', { metadata: { a: 'x'.repeat(501) } }],
    ['expires_at', undefined, { expires_at: Math.floor(Date.UTC(2026, 10, 26) / 1000) + 30 * 60 - 1 }],
    ['expires_at', undefined, { expires_at: Math.floor(Date.UTC(2026, 10, 27) / 1000) + 1 }],
  ])('refuses a wrong %s', async (param, code, given) => {
    const { stripe, client, clock } = opened()
    const error = await errorOf(client.checkout.sessions.create(params(clock, given)))
    expect(error).toMatchObject({ statusCode: 400, type: 'StripeInvalidRequestError', param, code })
    expect(stripe.account.sessions()).toEqual([])
  })

  it.each([
    [49, 'amount_too_small'],
    [100_000_000, 'amount_too_large'],
  ])('refuses a total of %d', async (unit_amount, code) => {
    const { client, clock } = opened()
    const line = { quantity: 1, price_data: { currency: 'eur', unit_amount, product_data: { name: 'Mug' } } }
    expect(
      await errorOf(client.checkout.sessions.create(params(clock, { line_items: [line] }))),
    ).toMatchObject({
      code,
    })
  })

  it('refuses another key and another API version', async () => {
    const { stripe, clock } = opened()
    const fetched = ((url: string, init: RequestInit) => stripe.fetch(new Request(url, init))) as typeof fetch
    const httpClient = Stripe.createFetchHttpClient(fetched)
    const stranger = new Stripe('sk_test_other', { httpClient, maxNetworkRetries: 0 })
    expect(await errorOf(stranger.checkout.sessions.create(params(clock)))).toMatchObject({ statusCode: 401 })
    const older = await stripe.fetch(
      new Request('https://api.stripe.com/v1/refunds', {
        headers: { Authorization: `Bearer ${SECRETS.secretKey}`, 'Stripe-Version': '2024-04-10' },
      }),
    )
    expect(older.status).toBe(400)
  })

  it('is paid: complete, with a payment that carries the metadata, and an event signed as Stripe signs', async () => {
    const shop = opened()
    const { id, payment_intent } = await paid(shop)
    expect(await shop.client.checkout.sessions.retrieve(id)).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
      url: null,
      payment_intent,
    })
    expect(await shop.client.paymentIntents.retrieve(payment_intent)).toMatchObject({
      status: 'succeeded',
      amount_received: 4488,
      metadata: { order_id: '17' },
    })
    await shop.stripe.events.deliver()
    expect(shop.accepted.map(({ type }) => type)).toEqual(['checkout.session.completed'])
    expect(shop.accepted[0]!.data.object).toMatchObject({ id, payment_status: 'paid' })
    expect((await shop.client.checkout.sessions.list({ payment_intent })).data).toMatchObject([{ id }])
  })

  it('takes one payment a page', async () => {
    const shop = opened()
    const { id } = await paid(shop)
    expect(() => shop.stripe.account.pay(id)).toThrow('You have either completed the payment')
    expect(() => shop.stripe.account.payLater(id)).toThrow('You have either completed the payment')
  })

  it('expires an open session only', async () => {
    const { stripe, client, clock, accepted } = opened()
    const { id } = await client.checkout.sessions.create(params(clock))
    expect(await client.checkout.sessions.expire(id)).toMatchObject({ status: 'expired', url: null })
    const error = await errorOf(client.checkout.sessions.expire(id))
    expect(error).toMatchObject({
      statusCode: 400,
      message:
        'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of `expired`.',
    })
    expect(error.code).toBeUndefined()
    expect(() => stripe.account.pay(id)).toThrow('timeout')
    await stripe.events.deliverAll()
    expect(accepted.map(({ type }) => type)).toEqual(['checkout.session.expired'])
    expect(await errorOf(client.checkout.sessions.expire('cs_test_unknown'))).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
    })
  })

  it('expires by its clock, paid in the last second or not at all', async () => {
    const { stripe, client, clock, accepted } = opened()
    const [one, other] = [
      await client.checkout.sessions.create(params(clock)),
      await client.checkout.sessions.create(params(clock)),
    ]
    clock.now += 31 * MINUTE - 1000
    stripe.account.pay(one.id)
    clock.now += 1000
    expect(() => stripe.account.pay(other.id)).toThrow('timeout')
    await stripe.events.deliverAll()
    expect(accepted.map(({ type }) => type)).toEqual([
      'checkout.session.completed',
      'checkout.session.expired',
    ])
  })

  it('ends earlier where told to', async () => {
    const { client, clock } = opened({ sessionSeconds: 60 })
    const { id, expires_at } = await client.checkout.sessions.create(params(clock))
    expect(expires_at).toBe(clock.now / 1000 + 60)
    clock.now += MINUTE
    expect(await client.checkout.sessions.retrieve(id)).toMatchObject({ status: 'expired' })
  })

  it('completes unpaid with a delayed method, and then succeeds or fails', async () => {
    const { stripe, client, clock, accepted } = opened()
    for (const succeeds of [true, false]) {
      const { id } = await client.checkout.sessions.create(params(clock))
      expect(stripe.account.payLater(id)).toMatchObject({ status: 'complete', payment_status: 'unpaid' })
      expect(await errorOf(client.checkout.sessions.expire(id))).toMatchObject({ statusCode: 400 })
      stripe.account.settle(id, succeeds)
      const { payment_status } = await client.checkout.sessions.retrieve(id)
      expect(payment_status).toBe(succeeds ? 'paid' : 'unpaid')
    }
    await stripe.events.deliverAll()
    expect(accepted.map(({ type }) => type)).toEqual([
      'checkout.session.completed',
      'checkout.session.async_payment_succeeded',
      'checkout.session.completed',
      'checkout.session.async_payment_failed',
    ])
  })

  it('lists sessions newest first, page by page', async () => {
    const { client, clock } = opened()
    const ids: string[] = []
    for (let n = 0; n < 3; n += 1) ids.unshift((await client.checkout.sessions.create(params(clock))).id)
    const first = await client.checkout.sessions.list({ limit: 2 })
    expect([first.has_more, first.data.map(({ id }) => id)]).toEqual([true, ids.slice(0, 2)])
    const rest = await client.checkout.sessions.list({ limit: 2, starting_after: ids[1]! })
    expect([rest.has_more, rest.data.map(({ id }) => id)]).toEqual([false, ids.slice(2)])
  })
})

describe('the stand-in for Stripe: refunds and disputes', () => {
  it('refunds in parts up to the whole', async () => {
    const shop = opened()
    const { payment_intent } = await paid(shop)
    const { refunds } = shop.client
    const part = await refunds.create({ payment_intent, amount: 4000, metadata: { refund_id: '3' } })
    expect(part).toMatchObject({ amount: 4000, status: 'succeeded', metadata: { refund_id: '3' } })
    expect(await errorOf(refunds.create({ payment_intent, amount: 489 }))).toMatchObject({
      statusCode: 400,
      code: 'amount_too_large',
    })
    expect(await refunds.create({ payment_intent })).toMatchObject({ amount: 488 })
    expect(await errorOf(refunds.create({ payment_intent }))).toMatchObject({
      code: 'charge_already_refunded',
    })
    expect((await refunds.list({ payment_intent })).data.map(({ amount }) => amount)).toEqual([488, 4000])
    expect(await refunds.retrieve(part.id)).toMatchObject({ id: part.id, amount: 4000 })
    await shop.stripe.events.deliverAll()
    expect(shop.accepted.filter(({ type }) => type === 'refund.created')).toHaveLength(2)
  })

  it('refuses a refund of nothing, of no payment and of an unknown parameter', async () => {
    const shop = opened()
    const { payment_intent } = await paid(shop)
    const { refunds } = shop.client
    expect(await errorOf(refunds.create({ payment_intent, amount: 0 }))).toMatchObject({ param: 'amount' })
    expect(await errorOf(refunds.create({ payment_intent: 'pi_no' }))).toMatchObject({
      code: 'resource_missing',
    })
    expect(await errorOf(refunds.create({}))).toMatchObject({ code: 'parameter_missing' })
    const unknown = { payment_intent, restock: true } as Stripe.RefundCreateParams
    expect(await errorOf(refunds.create(unknown))).toMatchObject({
      code: 'parameter_unknown',
      param: 'restock',
    })
  })

  it('lets a succeeded refund fail later, which frees its amount', async () => {
    const shop = opened()
    const { payment_intent } = await paid(shop)
    const { id } = await shop.client.refunds.create({ payment_intent })
    shop.stripe.account.failRefund(id)
    expect(await shop.client.refunds.retrieve(id)).toMatchObject({ status: 'failed' })
    expect(await shop.client.refunds.create({ payment_intent })).toMatchObject({ amount: 4488 })
    await shop.stripe.events.deliverAll()
    expect(shop.accepted.map(({ type }) => type)).toEqual([
      'checkout.session.completed',
      'refund.created',
      'refund.updated',
      'refund.failed',
      'refund.created',
    ])
    expect(shop.accepted[1]!.data.object).toMatchObject({ status: 'succeeded' }) // as it was then
  })

  it.each(['pending', 'failed'] as const)('leaves a refund %s where told to', async (status) => {
    const shop = opened()
    const { payment_intent } = await paid(shop)
    shop.stripe.account.refundsBecome = status
    const refund = await shop.client.refunds.create({ payment_intent })
    expect(refund.status).toBe(status)
    if (status === 'pending') expect(shop.stripe.account.settleRefund(refund.id).status).toBe('succeeded')
  })

  it('refuses to refund a disputed payment until the dispute is won', async () => {
    const shop = opened()
    const { payment_intent } = await paid(shop)
    const { id } = shop.stripe.account.openDispute(payment_intent)
    expect(await errorOf(shop.client.refunds.create({ payment_intent }))).toMatchObject({
      code: 'charge_disputed',
    })
    shop.stripe.account.closeDispute(id, 'won')
    expect(await shop.client.disputes.retrieve(id)).toMatchObject({ status: 'won' })
    expect(await shop.client.refunds.create({ payment_intent })).toMatchObject({ status: 'succeeded' })
    await shop.stripe.events.deliverAll()
    expect(shop.accepted.map(({ type }) => type).filter((type) => type.includes('dispute'))).toEqual([
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
      'charge.dispute.funds_reinstated',
      'charge.dispute.closed',
    ])
  })
})

describe('the stand-in for Stripe: idempotency', () => {
  const key = { idempotencyKey: 'order:17:1' }

  it('answers a repeat with the first answer, though the session has moved on', async () => {
    const { stripe, client, clock } = opened()
    const given = params(clock)
    const first = await client.checkout.sessions.create(given, key)
    stripe.account.pay(first.id)
    const again = await client.checkout.sessions.create(given, key)
    expect(again).toMatchObject({ id: first.id, status: 'open' })
    expect((again.lastResponse as unknown as Response).headers.get('idempotent-replayed')).toBe('true') // as fetch gave it
    expect(stripe.account.sessions()).toHaveLength(1)
  })

  it('refuses other parameters with the same key', async () => {
    const { client, clock } = opened()
    await client.checkout.sessions.create(params(clock), key)
    const other = params(clock, { client_reference_id: '18' })
    const error = await errorOf(client.checkout.sessions.create(other, key))
    expect(error).toMatchObject({ statusCode: 400, type: 'StripeIdempotencyError' })
  })

  it('saves no failed validation, but every answer of an execution', async () => {
    const shop = opened()
    const wrong = params(shop.clock, { success_url: 'nowhere' })
    expect(await errorOf(shop.client.checkout.sessions.create(wrong, key))).toMatchObject({
      param: 'success_url',
    })
    await shop.client.checkout.sessions.create(params(shop.clock), key)

    const { payment_intent } = await paid(shop)
    const { refunds } = shop.client
    const part = await refunds.create({ payment_intent, amount: 4000 })
    const whole = { payment_intent, amount: 4488 }
    const refund = { idempotencyKey: 'refund:1' }
    expect(await errorOf(refunds.create(whole, refund))).toMatchObject({ code: 'amount_too_large' })
    shop.stripe.account.failRefund(part.id)
    expect(await errorOf(refunds.create(whole, refund))).toMatchObject({ code: 'amount_too_large' })
    expect(await refunds.create(whole, { idempotencyKey: 'refund:2' })).toMatchObject({ amount: 4488 })
  })

  it('answers 409 while a request with the key executes', async () => {
    const { stripe, client, clock } = opened()
    let resume = () => {}
    stripe.pause = () => new Promise((resolve) => (resume = resolve))
    const first = client.checkout.sessions.create(params(clock), key)
    await expect.poll(() => Object.keys(stripe.state.requests)).toEqual([key.idempotencyKey])
    const error = await errorOf(client.checkout.sessions.create(params(clock), key))
    expect(error).toMatchObject({ statusCode: 409, type: 'StripeAPIError', code: 'idempotency_key_in_use' })
    resume()
    expect((await first).status).toBe('open')
  })

  it('forgets a key after 24 hours', async () => {
    const { stripe, client, clock } = opened()
    await client.checkout.sessions.create(params(clock), key)
    clock.now += 24 * 60 * MINUTE
    await client.checkout.sessions.create(params(clock), key)
    expect(stripe.account.sessions()).toHaveLength(2)
  })
})

describe('the stand-in for Stripe: faults', () => {
  const key = { idempotencyKey: 'order:17:1' }

  it.each([
    ['lost before', { type: 'StripeConnectionError' }, 0, 'open'],
    ['429', { type: 'StripeRateLimitError' }, 0, 'open'],
    ['lost after', { type: 'StripeConnectionError' }, 1, 'open'],
    ['500 after', { type: 'StripeAPIError', statusCode: 500 }, 1, 500],
    ['500 saved', { type: 'StripeAPIError', statusCode: 500 }, 0, 500],
  ] as const)(
    '%s: the error, its effect, and the answer to a repeat',
    async (fault, expected, sessions, again) => {
      const { stripe, client, clock } = opened()
      stripe.faults.api = once(fault)
      expect(await errorOf(client.checkout.sessions.create(params(clock), key))).toMatchObject(expected)
      expect(stripe.account.sessions()).toHaveLength(sessions)
      const repeat = await client.checkout.sessions.create(params(clock), key).then(
        ({ status }) => status,
        ({ statusCode }: Stripe.errors.StripeError) => statusCode,
      )
      expect(repeat).toBe(again)
    },
  )

  it('delivers again what the shop did not accept, with the same id', async () => {
    const shop = opened()
    await paid(shop)
    shop.shop.accepts = false
    expect(await shop.stripe.events.deliver()).toBe(1)
    const [waiting] = shop.stripe.events.undelivered
    expect(await shop.stripe.events.deliver()).toBe(0) // not due yet
    await expect(shop.stripe.events.deliverAll({ rounds: 2 })).rejects.toThrow('checkout.session.completed')
    shop.shop.accepts = true
    await shop.stripe.events.deliverAll()
    expect(shop.accepted.map(({ id }) => id)).toEqual([waiting!.id])
    expect(shop.stripe.events.undelivered).toEqual([])
  })

  it('loses, doubles, twins, delays and reorders events', async () => {
    const shop = opened()
    const events = async (fault: 'lost' | 'doubled' | 'twin' | 'late' | 'overtaking') => {
      const earlier = await paid(shop)
      shop.stripe.faults.event = once(fault)
      const { id } = await shop.client.checkout.sessions.create(params(shop.clock))
      shop.stripe.account.pay(id)
      await shop.stripe.events.deliver()
      const taken = shop.accepted.splice(0)
      const which = taken.map(({ data }) =>
        (data.object as Stripe.Checkout.Session).id === earlier.id ? 'earlier' : 'it',
      )
      return [which, new Set(taken.map((event) => event.id)).size]
    }
    expect(await events('lost')).toEqual([['earlier'], 1])
    expect(await events('doubled')).toEqual([['earlier', 'it', 'it'], 2])
    expect(await events('twin')).toEqual([['earlier', 'it', 'it'], 3])
    expect(await events('overtaking')).toEqual([['it', 'earlier'], 2])
    expect(await events('late')).toEqual([['earlier'], 1])
    expect(shop.stripe.events.lost).toHaveLength(1)
    shop.clock.now += 60 * MINUTE
    await shop.stripe.events.deliver()
    expect(shop.accepted).toHaveLength(1)
  })
})

describe('the stand-in for Stripe: what a browser sees', () => {
  const form = (act: string) => ({ method: 'POST', body: new URLSearchParams({ act }) })

  it('pays, and sends the customer to the shop with the id of the session', async () => {
    const { stripe, client, clock } = opened()
    const { id, url } = await client.checkout.sessions.create(params(clock))
    expect(await (await stripe.fetch(new Request(url!))).text()).toContain('Pay €44.88')
    const answer = await stripe.fetch(new Request(url!, form('pay')))
    expect([answer.status, answer.headers.get('Location')]).toEqual([
      303,
      `https://shop.test/thank-you?session=${id}`,
    ])
    expect((await client.checkout.sessions.retrieve(id)).payment_status).toBe('paid')
    expect((await stripe.fetch(new Request(url!, form('pay')))).status).toBe(409)
  })

  it('says why a button of the list does nothing any more', async () => {
    const shop = opened()
    const press = async (act: string, id: string) => {
      const body = new URLSearchParams({ act, id })
      const request = new Request('https://checkout.stripe.test/', { method: 'POST', body })
      const answer = await shop.stripe.fetch(request)
      return [answer.status, await answer.text()]
    }
    const { id } = await shop.client.checkout.sessions.create(params(shop.clock))
    await shop.client.checkout.sessions.expire(id)
    expect(await press('page expires', id)).toEqual([
      400,
      expect.stringContaining('has a status of `expired`'),
    ])
    expect(await press('bank pays', id)).toEqual([400, expect.stringContaining('waits for no bank')])
    const { payment_intent } = await paid(shop)
    const refund = await shop.client.refunds.create({ payment_intent })
    expect(await press('refund arrives', refund.id)).toEqual([400, expect.stringContaining('is succeeded')])
    await press('refund fails', refund.id)
    expect(await press('refund fails', refund.id)).toEqual([400, expect.stringContaining('is failed')])
    expect(await press('page expires', 'cs_1')).toEqual([404, expect.stringContaining('Not found')])
  })

  it('declines, and the page stays open', async () => {
    const { stripe, client, clock } = opened()
    const { id, url } = await client.checkout.sessions.create(params(clock))
    const answer = await stripe.fetch(new Request(url!, form('decline')))
    expect(await answer.text()).toContain('The card was declined')
    expect((await client.checkout.sessions.retrieve(id)).status).toBe('open')
  })

  it('lists the payments, and does what a bank does', async () => {
    const shop = opened()
    const { payment_intent } = await paid(shop)
    const { id } = await shop.client.refunds.create({ payment_intent })
    const home = 'https://checkout.stripe.test/'
    expect(await (await shop.stripe.fetch(new Request(home))).text()).toContain('Refund of €44.88: succeeded')
    const body = new URLSearchParams({ act: 'refund fails', id })
    await shop.stripe.fetch(new Request(home, { method: 'POST', body }))
    expect((await shop.client.refunds.retrieve(id)).status).toBe('failed')
  })
})
