import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { once } from '../../scripts/pretend-stripe/faults.ts'
import { app } from '../../src/app.ts'
import { get, ORIGIN } from '../http.ts'
import { ReplicatedDatabase } from '../replica.ts'
import { aCustomer, simultaneously, staffMoves, stockOf, theOwner } from '../shop.ts'
import {
  aDueOrder,
  aPaidOrder,
  calls,
  letPass,
  opensPage,
  reread,
  runJob,
  sessionsOf,
  settles,
  stripe,
  takePayments,
} from './paying-shop.ts'

takePayments()

const { MAX_OPEN_VALUE } = env

describe('placing an order', () => {
  it('makes it due, with its stock held, in one round trip and without Stripe', async () => {
    const { order, product } = await aDueOrder()
    expect(order).toMatchObject({
      status: 'Pending',
      payment: { status: 'due', amount: '10.00', currency: 'EUR', refunded: '0.00' },
    })
    expect(Date.parse(order.payment.due_by) - Date.parse(order.created_at)).toBe(60 * 60_000)
    expect(await stockOf(product)).toBe(9)
    expect(calls).toEqual([])
  })

  it('with a total of 0 makes it paid, without Stripe', async () => {
    const { ann, order } = await aDueOrder(undefined, { price: '0.00' })
    expect(order.payment).toEqual({
      status: 'paid',
      amount: '0.00',
      currency: 'EUR',
      refunded: '0.00',
      due_by: null,
    })
    const { body: events } = await (await theOwner()).call('GET', `/api/admin/orders/${order.id}/events/`)
    expect(events.results).toMatchObject([
      { from: 'Pending', to: 'Pending', actor: null },
      { from: null, to: 'Pending', actor: ann.email },
    ])
    expect(await opensPage(ann, order)).toBeProblem(409, 'order_paid')
    expect((await staffMoves(order, 'Shipped')).status).toBe(200)
    const { order: other, ann: bob } = await aDueOrder(undefined, { price: '0.00' })
    expect((await bob.cancels(other)).body.order.payment.status).toBe('cancelled')
    expect(calls).toEqual([])
  })

  it.each([
    ['EUR', '0.49', '0.50', 'total_too_small'],
    ['GBP', '0.29', '0.30', 'total_too_small'],
    ['SEK', '2.99', '3.00', 'total_too_small'],
    ['EUR', '1000000.00', '999999.99', 'total_too_large'],
  ])(
    'refuses a total that Stripe would not take, in %s %s, but not %s',
    async (CURRENCY, wrong, right, code) => {
      Object.assign(env, { CURRENCY, MAX_OPEN_VALUE: '' })
      const { ann, order, product } = await aDueOrder(undefined, { price: wrong })
      expect(order).toMatchObject({ status: 409, code })
      expect([await stockOf(product), (await ann.cart()).items.length]).toEqual([10, 1])
      const { ann: bob, order: other } = await aDueOrder(undefined, { price: right })
      expect((await opensPage(bob, other)).status).toBe(200)
      Object.assign(env, { PAYMENTS: 'off' })
      expect((await ann.orders()).status).toBe(201) // without payments
      Object.assign(env, { CURRENCY: 'EUR', PAYMENTS: '', MAX_OPEN_VALUE })
    },
  )

  it('takes the currency of the shop', async () => {
    Object.assign(env, { CURRENCY: 'SEK' })
    const { ann, order } = await aDueOrder()
    Object.assign(env, { CURRENCY: 'EUR' })
    expect([order.currency, order.payment.currency]).toEqual(['SEK', 'SEK'])
    await opensPage(ann, order)
    expect(sessionsOf(order)[0]).toMatchObject({ amount_total: 1000, currency: 'sek' })
  })
})

describe('a shop that stops taking payments', () => {
  afterEach(() => {
    Object.assign(env, { PAYMENTS: '' })
  })

  it('places orders without, and opens no new page', async () => {
    const { ann, order } = await aDueOrder()
    Object.assign(env, { PAYMENTS: 'off' })
    expect((await get('/api/')).body.payments).toBeNull()
    const { ann: bob, order: other } = await aDueOrder()
    expect(other.payment).toBeNull()
    expect(await opensPage(bob, other)).toBeProblem(409, 'nothing_to_pay')
    expect((await staffMoves(other, 'Shipped')).status).toBe(200)
    expect(await opensPage(ann, order)).toBeProblem(503, 'payment_unavailable')
    expect(calls).toEqual([])
    letPass(61)
    expect((await settles(ann, order)).status).toBe('Cancelled')
  })

  it('still settles what has begun: an open page, its payment and its refund', async () => {
    const { ann, order } = await aDueOrder()
    const { body: page } = await opensPage(ann, order)
    Object.assign(env, { PAYMENTS: 'off' })
    expect((await opensPage(ann, order)).body).toEqual(page)
    stripe.account.pay(sessionsOf(order)[0]!.id)
    expect((await settles(ann, order)).payment.status).toBe('paid')
    await ann.cancels(order)
    expect((await settles(ann, order)).payment.status).toBe('refunded')
  })
})

describe('an order that is due', () => {
  it('cannot be shipped', async () => {
    const { order } = await aDueOrder()
    expect(await staffMoves(order, 'Shipped')).toBeProblem(409, 'payment_due')
  })

  it('is found by staff by its payment', async () => {
    const owner = await theOwner()
    const { ann, order: due } = await aDueOrder()
    const { order: paid } = await aPaidOrder(ann)
    await staffMoves(paid, 'Shipped')
    const found = async (query: string) =>
      (await owner.call('GET', `/api/admin/orders/?user=${ann.id}&${query}`)).body.results.map(
        ({ id }: { id: number }) => id,
      )
    expect(await found('payment=due')).toEqual([due.id])
    expect(await found('payment=paid')).toEqual([paid.id])
    expect(await found('payment=paid&status=Shipped')).toEqual([paid.id])
    expect(await found('payment=paid&status=Pending')).toEqual([])
    expect(await owner.call('GET', '/api/admin/orders/?payment=later')).toBeProblem(400, 'invalid_request', {
      errors: { payment: ['Must be one of due, paid, refunding, refunded, cancelled.'] },
    })
  })
})

describe('the page to pay', () => {
  it.each(['for the first time', 'again, as Stripe has closed it'])(
    'is opened %s for the order as it is on the primary',
    async (time) => {
      const { ann, order } = await aDueOrder()
      if (time.startsWith('again')) {
        await opensPage(ann, order)
        stripe.account.expireSession(sessionsOf(order)[0]!.id)
      }
      const { binding: DB } = await ReplicatedDatabase.open() // its replica has no rows
      const request = new Request(`${ORIGIN}/api/orders/${order.id}/payment/`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${ann.access}`,
          'X-D1-Bookmark': `00000000-00000000-00000000-${'0'.repeat(32)}`,
        },
      })
      expect((await app.fetch(request, { ...env, DB }, createExecutionContext())).status).toBe(200)
    },
  )

  it('asks for the total of the order, and is the same one while it is open', async () => {
    const { ann, order } = await aDueOrder(undefined, { price: '12.34', quantity: 3 })
    const first = await opensPage(ann, order)
    expect(first.status).toBe(200)
    const [session, ...others] = sessionsOf(order)
    expect(first.body).toEqual({
      url: session!.url,
      expires_at: new Date(session!.expires_at * 1000).toISOString(),
    })
    expect(session).toMatchObject({
      amount_total: 3702,
      currency: 'eur',
      mode: 'payment',
      payment_method_types: ['card'],
      success_url: `${ORIGIN}/#/order/${order.id}?payment=done`,
      cancel_url: `${ORIGIN}/#/order/${order.id}?payment=left`,
    })
    expect((await opensPage(ann, order)).body).toEqual(first.body)
    expect([others, sessionsOf(order)]).toEqual([[], [session]])
    expect(stripe.account.sessions()).toHaveLength(1)
  })

  it('stays open until the order is due, which is not before the page is over', async () => {
    const { ann, order } = await aDueOrder()
    await env.DB.prepare('UPDATE orders SET due_by = ? WHERE id = ?')
      .bind(Date.now() + 60_000, order.id)
      .run()
    const { body: page } = await opensPage(ann, order)
    expect(Date.parse(page.expires_at) - Date.now()).toBeGreaterThan(30 * 60_000)
    expect((await reread(ann, order)).payment.due_by).toBe(page.expires_at)
  })

  it('is one page for tabs that open it at once', async () => {
    const { ann, order } = await aDueOrder()
    const answers = await simultaneously(5, () => opensPage(ann, order))
    const urls = new Set(answers.filter(({ status }) => status === 200).map(({ body }) => body.url))
    expect([...urls]).toEqual([sessionsOf(order)[0]!.url])
    expect(sessionsOf(order)).toHaveLength(1)
    for (const { status } of answers) expect([200, 503]).toContain(status)
    expect((await opensPage(ann, order)).body.url).toBe([...urls][0])
  })

  it.each(['lost before', 'lost after', '500 after'] as const)(
    'is the one that Stripe has made, also when the answer is %s',
    async (fault) => {
      const { ann, order } = await aDueOrder()
      let faults = 2 // the SDK repeats a call once
      stripe.faults.api = (call) =>
        call === 'POST /v1/checkout/sessions' && (faults -= 1) >= 0 ? fault : undefined
      const answer = await opensPage(ann, order)
      if (fault === '500 after') expect(answer.status).toBe(200)
      else expect(answer).toBeProblem(503, 'payment_unavailable')
      expect((await opensPage(ann, order)).body.url).toBe(sessionsOf(order)[0]!.url)
      expect(sessionsOf(order)).toHaveLength(1)
    },
  )

  it('is another one when the first answer got lost and its page has expired since', async () => {
    const { ann, order } = await aDueOrder()
    stripe.faults.api = (call) => (call === 'POST /v1/checkout/sessions' ? 'lost after' : undefined)
    expect((await opensPage(ann, order)).status).toBe(503)
    stripe.faults.api = () => undefined
    stripe.account.expireSession(sessionsOf(order)[0]!.id)
    const { body } = await opensPage(ann, order)
    expect(stripe.account.session(body.url.split('/').at(-1)).status).toBe('open')
  })

  it('is another one when Stripe failed without making any', async () => {
    const { ann, order } = await aDueOrder()
    stripe.faults.api = once('500 saved')
    expect((await opensPage(ann, order)).body.url).toBe(sessionsOf(order)[0]!.url)
    expect(sessionsOf(order)).toHaveLength(1)
  })

  it('cannot be opened while Stripe refuses, and then can: nothing is lost', async () => {
    const { ann, order } = await aDueOrder()
    Object.assign(env, { STRIPE_SECRET_KEY: 'sk_test_wrong' })
    const refused = await opensPage(ann, order)
    Object.assign(env, { STRIPE_SECRET_KEY: 'sk_test_kiosk' })
    expect(refused).toBeProblem(503, 'payment_unavailable')
    expect(refused.headers.get('Retry-After')).toBe('5')
    expect((await reread(ann, order)).payment.status).toBe('due')
    expect((await opensPage(ann, order)).status).toBe(200)
  })

  it('cannot prolong the time to pay for ever if Stripe refuses it', async () => {
    const { ann, order } = await aDueOrder()
    const isDueIn = (seconds: number) =>
      env.DB.prepare('UPDATE orders SET due_by = ? WHERE id = ?')
        .bind(Date.now() + seconds * 1000, order.id)
        .run()
    Object.assign(env, { STRIPE_SECRET_KEY: 'sk_test_wrong' })
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await isDueIn(60)
      await opensPage(ann, order)
    }
    Object.assign(env, { STRIPE_SECRET_KEY: 'sk_test_kiosk' })
    await isDueIn(60)
    expect(await opensPage(ann, order)).toBeProblem(409, 'order_cancelled')
    const { payment } = await reread(ann, order)
    expect(new Date(payment.due_by).getTime()).toBeLessThan(Date.now() + 61_000)
    await isDueIn(3600)
    expect((await opensPage(ann, order)).status).toBe(200)
  })

  it('describes the order in Unicode, wherever the description is cut', async () => {
    const { ann, order } = await aDueOrder(undefined, { name: '😀'.repeat(200) })
    expect((await opensPage(ann, order)).status).toBe(200)
  })

  it('is given away while Stripe does not answer, if it is open', async () => {
    const { ann, order } = await aDueOrder()
    const { body: page } = await opensPage(ann, order)
    stripe.faults.api = () => 'lost before'
    expect((await opensPage(ann, order)).body).toEqual(page)
  })

  it('is not opened again for an order that turns out to be paid', async () => {
    const { ann, order } = await aDueOrder()
    await opensPage(ann, order)
    stripe.faults.event = () => 'lost'
    stripe.account.pay(sessionsOf(order)[0]!.id)
    expect(await opensPage(ann, order)).toBeProblem(409, 'order_paid')
    expect((await reread(ann, order)).payment.status).toBe('paid')
    expect((await settles(ann, order)).payment.status).toBe('paid')
  })

  it('is not opened for an order whose page has expired: it ends', async () => {
    const { ann, order, product } = await aDueOrder()
    await opensPage(ann, order)
    stripe.faults.event = () => 'lost'
    const [session] = sessionsOf(order)
    session!.expires_at = Math.floor(Date.now() / 1000) - 1
    expect(await opensPage(ann, order)).toBeProblem(409, 'order_cancelled')
    expect(await reread(ann, order)).toMatchObject({ status: 'Cancelled', payment: { status: 'cancelled' } })
    expect(await stockOf(product)).toBe(10)
  })

  it('is not opened for an order that is cancelled, over, of nobody or of somebody else', async () => {
    const { ann, order } = await aDueOrder()
    expect(await opensPage(await aCustomer(), order)).toBeProblem(404, 'not_found')
    expect(await opensPage(ann, { id: 999_999 })).toBeProblem(404, 'not_found')
    await env.DB.prepare('UPDATE orders SET due_by = 1 WHERE id = ?').bind(order.id).run()
    expect(await opensPage(ann, order)).toBeProblem(409, 'order_cancelled')
    await runJob()
    expect(await opensPage(ann, order)).toBeProblem(409, 'order_cancelled')
    await env.DB.prepare('UPDATE orders SET due_by = NULL WHERE id = ?').bind(order.id).run()
    expect(await opensPage(ann, order)).toBeProblem(409, 'nothing_to_pay')
    expect(stripe.account.sessions()).toEqual([])
  })

  it('sends customers back to the shop or an allowed origin, and nowhere else', async () => {
    const { ann, order } = await aDueOrder()
    const elsewhere = await opensPage(ann, order, { success_url: 'https://evil.example/' })
    expect(elsewhere).toBeProblem(400, 'invalid_request', {
      errors: { success_url: [`Its origin must be one of ${ORIGIN}.`] },
    })
    const long = `${ORIGIN}/${'x'.repeat(2000 - ORIGIN.length)}`
    for (const cancel_url of [
      long,
      'javascript:alert(1)',
      'shop.example',
      'https://',
      `https:///${ORIGIN.split('//')[1]}/`,
      5,
    ])
      expect((await opensPage(ann, order, { cancel_url })).body.errors).toHaveProperty('cancel_url')
    Object.assign(env, { ALLOWED_ORIGINS: 'https://front.example, https://other.example' })
    const success_url = 'https://front.example/thanks?session={CHECKOUT_SESSION_ID}'
    const allowed = await opensPage(ann, order, { success_url, cancel_url: `${ORIGIN}/cart` })
    Object.assign(env, { ALLOWED_ORIGINS: '' })
    expect(allowed.status).toBe(200)
    expect(sessionsOf(order)[0]).toMatchObject({ success_url, cancel_url: `${ORIGIN}/cart` })
  })

  it('is a row with what was sent before Stripe is asked', async () => {
    const { ann, order } = await aDueOrder()
    const seen: unknown[] = []
    stripe.pause = async () => {
      seen.push(
        await env.DB.prepare('SELECT state, amount_cents FROM payments WHERE order_id = ?')
          .bind(order.id)
          .first(),
      )
    }
    await opensPage(ann, order)
    expect(seen).toEqual([{ state: 'opening', amount_cents: 1000 }])
  })

  it('is told to nobody who does not wait for it: a payment that was given up in between gives no page', async () => {
    const { ann, order } = await aDueOrder()
    stripe.pause = async () => {
      stripe.pause = undefined
      await env.DB.prepare(`UPDATE payments SET state = 'expired' WHERE order_id = ?`).bind(order.id).run()
    }
    const answer = await opensPage(ann, order)
    const open = sessionsOf(order).filter(({ status }) => status === 'open')
    expect(answer.body.url).toBe(open[0]!.url)
  })
})

describe('a shop that takes no payments', () => {
  it('answers as if there were none', async () => {
    const { ann, order } = await aDueOrder()
    const owner = await theOwner()
    const off = { STRIPE_SECRET_KEY: '', STRIPE_WEBHOOK_SECRET: '' }
    const on = { STRIPE_SECRET_KEY: env.STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET: env.STRIPE_WEBHOOK_SECRET }
    Object.assign(env, off)
    const answers = [
      await opensPage(ann, order),
      await owner.call('POST', `/api/admin/orders/${order.id}/refunds/`, { body: {} }),
      await owner.call('POST', '/api/payments/stripe/', { body: {} }),
    ]
    const { order: other } = await aDueOrder()
    Object.assign(env, on)
    for (const answer of answers) expect(answer).toBeProblem(404, 'not_found')
    expect(other.payment).toBeNull()
    expect((await staffMoves(other, 'Shipped')).status).toBe(200)
  })
})
