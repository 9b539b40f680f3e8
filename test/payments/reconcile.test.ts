import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { d1Through } from '../d1.ts'
import { compareWithStripe } from '../../scripts/database/compare-with-stripe.ts'
import { runOn } from '../../scripts/database/run.ts'
import { Db } from '../../src/db/client.ts'
import { reconcile } from '../../src/payments/reconcile.ts'
import { stripeOf } from '../../src/payments/stripe.ts'
import { integrityViolations } from '../integrity.ts'
import { aCustomer, stockOf } from '../shop.ts'
import {
  aDueOrder,
  agrees,
  aPaidOrder,
  calls,
  ledgerOf,
  letPass,
  opensPage,
  reread,
  runJob,
  sessionsOf,
  SETTINGS,
  settles,
  stripe,
  takePayments,
} from './paying-shop.ts'

takePayments()

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the job of each minute', () => {
  it('makes up for a payment whose event never comes, within five minutes', async () => {
    const { ann, order } = await aDueOrder()
    await opensPage(ann, order)
    stripe.faults.event = () => 'lost'
    stripe.account.pay(sessionsOf(order)[0]!.id)
    await runJob()
    expect((await reread(ann, order)).payment.status).toBe('due')
    letPass(5)
    await runJob()
    expect((await reread(ann, order)).payment.status).toBe('paid')
    await agrees(order)
  })

  it('heals a week without a single event', async () => {
    stripe.faults.event = () => 'lost'
    const buyers = await Promise.all(Array.from({ length: 4 }, () => aCustomer()))
    const orders = []
    for (const ann of buyers) orders.push(await aDueOrder(ann))
    const [paid, left, cancelled, refunded] = orders as [Due, Due, Due, Due]
    for (const { ann, order } of orders) await opensPage(ann, order)
    stripe.account.pay(sessionsOf(paid.order)[0]!.id)
    stripe.account.pay(sessionsOf(refunded.order)[0]!.id)
    stripe.account.refundsBecome = 'pending'
    await cancelled.ann.cancels(cancelled.order)
    await refunded.ann.cancels(refunded.order)
    await expect.poll(() => stripe.account.refunds().length).toBe(1)
    letPass(7 * 24 * 60)
    stripe.account.settleRefund(stripe.account.refunds()[0]!.id)
    await runJob()
    await runJob()
    const statuses = []
    for (const { ann, order } of orders) {
      const { status, payment } = await settles(ann, order)
      statuses.push(`${status} ${payment.status}`)
    }
    expect(statuses).toEqual([
      'Pending paid',
      'Cancelled cancelled',
      'Cancelled cancelled',
      'Cancelled refunded',
    ])
    expect(await stockOf(left.product)).toBe(10)
  })

  it('asks about a bounded number of pages, first about those that it did not ask about for the longest time', async () => {
    const asked: string[] = []
    for (let n = 0; n < 3; n += 1) {
      const { ann, order } = await aDueOrder()
      await opensPage(ann, order)
      const { id } = sessionsOf(order)[0]!
      await env.DB.prepare('UPDATE payments SET check_at = ? WHERE session_id = ?')
        .bind(1000 - n, id)
        .run()
      asked.unshift(id)
    }
    calls.length = 0
    await runJob()
    expect(calls.toSorted()).toEqual(asked.map((id) => `GET /v1/checkout/sessions/${id}`).toSorted())
    await runJob()
    expect(calls).toHaveLength(3)
    const id = await env.DB.prepare(`SELECT max(id) FROM payments`).first('max(id)')
    await env.DB.prepare(
      `INSERT INTO payments (order_id, amount_cents, currency, state, key, parameters, session_id, expires_at, check_at, created_at, changed_at)
       SELECT order_id + each.value, amount_cents, currency, 'open', payments.key || each.value, parameters, session_id || each.value, expires_at, 1, 1, 1
       FROM payments, json_each(?) AS each WHERE payments.id = ?`,
    )
      .bind(JSON.stringify(Array.from({ length: 150 }, (_, n) => 1_000_000 + n)), id)
      .run()
    const newest = asked[0]!
    await env.DB.prepare('UPDATE payments SET check_at = 1000 WHERE session_id = ?').bind(newest).run()
    calls.length = 0
    stripe.faults.api = () => '500 saved'
    await runJob()
    expect(calls).not.toContain(`GET /v1/checkout/sessions/${newest}`)
    const waiting = await env.DB.prepare('SELECT count(*) AS n FROM payments WHERE check_at <= 1000').first(
      'n',
    )
    expect(waiting).toBe(51)
    await env.DB.prepare('DELETE FROM payments WHERE order_id > 1000000').run()
  })

  it('learns of a page whose answer got lost, and gives it to the customer who asks', async () => {
    const { ann, order } = await aDueOrder()
    let faults = 2
    stripe.faults.api = () => ((faults -= 1) >= 0 ? 'lost after' : undefined)
    expect((await opensPage(ann, order)).status).toBe(503)
    letPass(5)
    await runJob()
    expect((await opensPage(ann, order)).body.url).toBe(sessionsOf(order)[0]!.url)
    expect(sessionsOf(order)).toHaveLength(1)
  })

  it('closes a page that its order no longer needs', async () => {
    const { ann, order } = await aDueOrder()
    await opensPage(ann, order)
    const [first] = sessionsOf(order)
    await env.DB.prepare(`UPDATE payments SET state = 'expired' WHERE order_id = ?`).bind(order.id).run()
    await opensPage(ann, order)
    stripe.account.pay(first!.id)
    await stripe.events.deliverAll()
    letPass(5)
    await runJob()
    expect(sessionsOf(order).map(({ status }) => status)).toEqual(['expired', 'complete'])
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'paid', refunded: '0.00' })
  })

  it('sends back what a Worker that ended early still owed', async () => {
    const { ann, order } = await aPaidOrder()
    await env.DB.prepare(`UPDATE orders SET status = 'Cancelled' WHERE id = ?`).bind(order.id).run()
    await env.DB.prepare(
      `INSERT INTO order_events (order_id, user_id, from_status, to_status, at) VALUES (?, ?, 'Pending', 'Cancelled', ?)`,
    )
      .bind(order.id, ann.id, Date.now())
      .run()
    await runJob()
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '10.00' })
  })

  it('survives D1 failing before and after each of its batches', async () => {
    for (let n = 0; n < 12; n += 1) {
      const { ann, order } = await aDueOrder()
      const { order: other } = await aPaidOrder(ann)
      await opensPage(ann, order)
      stripe.faults.event = () => 'lost'
      stripe.account.pay(sessionsOf(order)[0]!.id)
      await env.DB.prepare(`UPDATE payments SET check_at = 0 WHERE order_id = ?`).bind(order.id).run()
      await ann.cancels(other)
      let left = n >> 1
      const failing = d1Through(env.DB, async (statements, session) => {
        const fails = (left -= 1) === -1
        if (fails && n % 2 === 0) throw new Error('D1_ERROR: Network connection lost.')
        const results = await session.batch(statements)
        if (fails) throw new Error('D1_ERROR: Network connection lost.')
        return results
      })
      const context = {
        db: new Db(failing),
        stripe: stripeOf({ ...SETTLING, secret_key: SETTINGS.STRIPE_SECRET_KEY }),
        now: Date.now(),
        wake: () => {},
        returnMoney: () => {},
      }
      await reconcile(context).catch(() => {})
      await env.DB.batch([
        env.DB.prepare(`UPDATE payments SET check_at = 0 WHERE state IN ('opening', 'open')`),
        env.DB.prepare(`UPDATE refunds SET check_at = 0 WHERE state = 'requested' AND order_id = ?`).bind(
          other.id,
        ),
      ])
      expect((await settles(ann, order)).payment.status).toBe('paid')
      expect((await settles(ann, other)).payment.status).toBe('refunded')
      expect(stripe.account.refunds()).toHaveLength(n + 1)
    }
  }, 60_000)

  it('asks about a pending refund soon, and after growing intervals of six hours at most', async () => {
    const { ann, order } = await aPaidOrder()
    stripe.faults.event = () => 'lost'
    stripe.account.refundsBecome = 'pending'
    await ann.cancels(order)
    await expect.poll(() => calls.at(-1)).toMatch(/^GET .v1.refunds.re_/)
    const asksAfter = async (minutes: number) => {
      letPass(minutes)
      stripe.state.events = []
      calls.length = 0
      await runJob()
      return calls.filter((call) => call.startsWith('GET /v1/refunds/re_')).length
    }
    expect(await asksAfter(2)).toBe(1)
    expect(await asksAfter(1)).toBe(0)
    expect(await asksAfter(2)).toBe(1) // five minutes after the refund
    expect(await asksAfter(4)).toBe(0)
    expect(await asksAfter(2)).toBe(1) // 11 minutes after it
    expect(await asksAfter(24 * 60)).toBe(1)
    expect(await asksAfter(5 * 60)).toBe(0)
    stripe.account.settleRefund(stripe.account.refunds()[0]!.id)
    expect(await asksAfter(2 * 60)).toBe(1)
    expect((await settles(ann, order)).payment.status).toBe('refunded')
  })

  it('logs how many payments and refunds it asked about, how many failed, and why', async () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {})
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const { ann, order } = await aDueOrder()
    await opensPage(ann, order)
    const { ann: bob, order: other } = await aPaidOrder()
    stripe.faults.api = (call) => (call === 'POST /v1/refunds' ? '429' : undefined)
    await bob.cancels(other)
    await expect.poll(() => calls.filter((call) => call === 'POST /v1/refunds').length).toBeGreaterThan(0)
    await env.DB.batch([
      env.DB.prepare('UPDATE payments SET check_at = 0 WHERE order_id = ?').bind(order.id),
      env.DB.prepare('UPDATE refunds SET check_at = 0 WHERE order_id = ?').bind(other.id),
    ])
    await runJob()
    const line = info.mock.calls.map(([text]) => JSON.parse(text as string)).find(({ job }) => job)
    const error = 'Request rate limit exceeded.'
    expect(line).toMatchObject({ job: 'payments', asked: 1, refunds: 1, cancelled: 0, failed: 1, error })
  })

  it('does not count payments that it did not reach because Stripe was away', async () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {})
    vi.spyOn(console, 'error').mockImplementation(() => {})
    for (let n = 0; n < 7; n += 1) {
      const { ann, order } = await aDueOrder()
      await opensPage(ann, order)
    }
    await env.DB.prepare(`UPDATE payments SET check_at = 0 WHERE state = 'open'`).run()
    stripe.faults.api = () => '429'
    info.mockClear()
    await runJob()
    const line = JSON.parse(info.mock.lastCall![0] as string)
    expect(line).toMatchObject({ asked: 5, failed: 5, error: 'Request rate limit exceeded.' })
  })

  it('asks about the others although Stripe knows none of the first five', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const dues = []
    for (let n = 0; n < 6; n += 1) {
      const { ann, order } = await aDueOrder()
      await opensPage(ann, order)
      dues.push({ ann, order, session: sessionsOf(order)[0]! })
    }
    const { ann, order, session } = dues.pop()!
    stripe.faults.event = () => 'lost'
    stripe.account.pay(session.id)
    const { sessions } = stripe.state
    for (const due of dues) delete sessions[due.session.id]
    stripe.faults.api = (call) => (call === 'GET /v1/events' ? '429' : undefined)
    letPass(5)
    await runJob()
    for (const due of dues) sessions[due.session.id] = due.session
    expect((await reread(ann, order)).payment.status).toBe('paid')
  })

  it('does nothing in a shop that takes no payments', async () => {
    const { ann, order } = await aDueOrder()
    Object.assign(env, { STRIPE_SECRET_KEY: '', STRIPE_WEBHOOK_SECRET: '' })
    letPass(120)
    await runJob()
    Object.assign(env, SETTINGS)
    expect((await reread(ann, order)).status).toBe('Pending')
    expect(calls).toEqual([])
  })
})

type Due = Awaited<ReturnType<typeof aDueOrder>>

const SETTLING = { webhook_secret: '', api: undefined, accepts_new_payments: true, pay_within_minutes: 60 }

describe('events that never come', () => {
  const intentOf = (session: { payment_intent: unknown }) => session.payment_intent as string
  const reached = () =>
    env.DB.prepare(`SELECT value FROM counters WHERE name = 'stripe_events'`).first<number>('value')
  const listings = () => calls.filter((call) => call === 'GET /v1/events').length

  it('are made up for within five minutes: disputes, refunds of the dashboard, refunds that come back', async () => {
    const { ann, order, session } = await aPaidOrder()
    const { order: disputed, session: other } = await aPaidOrder(ann)
    const { order: refunded } = await aPaidOrder(ann)
    await ann.cancels(refunded)
    await expect.poll(() => stripe.account.refunds().length).toBe(1)
    await settles(ann, refunded)
    letPass(60)
    stripe.faults.event = () => 'lost'
    stripe.account.createRefund({ payment_intent: intentOf(session), amount: 250 }, null)
    stripe.account.openDispute(intentOf(other))
    stripe.account.failRefund(stripe.account.refunds().at(-1)!.id)
    letPass(4)
    await runJob()
    expect((await reread(ann, order)).payment).toMatchObject({ status: 'paid', refunded: '2.50' })
    expect((await ledgerOf(disputed)).at(-1)).toEqual(['dispute', '10.00'])
    expect((await ledgerOf(refunded)).at(-1)).toEqual(['refund_reversed', '10.00'])
    letPass(4)
    calls.length = 0
    await runJob()
    expect(calls).toEqual(['GET /v1/events']) // and nothing is applied twice
  })

  it('are read again after a restore: money for an order that it has lost goes back', async () => {
    const restored = await reached()
    const { ann, order } = await aDueOrder()
    await opensPage(ann, order)
    stripe.account.pay(sessionsOf(order)[0]!.id)
    stripe.faults.event = () => 'lost'
    letPass(4)
    await runJob()
    expect(await reached()).toBeGreaterThan(restored!)
    await env.DB.batch([
      env.DB.prepare(`UPDATE orders SET status = 'Cancelled' WHERE id = ?`).bind(order.id),
      env.DB.prepare('DELETE FROM payments WHERE order_id = ?').bind(order.id),
      env.DB.prepare('DELETE FROM order_lines WHERE order_id = ?').bind(order.id),
      env.DB.prepare('DELETE FROM orders WHERE id = ?').bind(order.id),
      env.DB.prepare('DELETE FROM stripe_events'),
      env.DB.prepare(`UPDATE counters SET value = ? WHERE name = 'stripe_events'`).bind(restored),
    ])
    letPass(4)
    await runJob()
    expect(stripe.account.refunds()).toMatchObject([{ amount: 1000, status: 'succeeded' }])
  })

  it('are listed every three minutes at most', async () => {
    letPass(4)
    await runJob()
    letPass(2)
    await runJob()
    expect(listings()).toBe(1)
    letPass(2)
    await runJob()
    expect(listings()).toBe(2)
  })

  it('are applied a hundred in a run, the oldest first', async () => {
    const { order, session } = await aPaidOrder(undefined, { price: '10.00' })
    letPass(60)
    stripe.faults.event = () => 'lost'
    for (let n = 0; n < 130; n += 1) {
      letPass(1 / 60)
      stripe.account.createRefund({ payment_intent: intentOf(session), amount: 1 }, null)
    }
    letPass(4)
    await runJob()
    const refunds = () =>
      env.DB.prepare('SELECT count(*) AS n FROM refunds WHERE order_id = ?').bind(order.id).first('n')
    expect(await refunds()).toBe(100)
    await runJob()
    expect(await refunds()).toBe(130)
    await agrees(order)
  })

  it('are applied after a burst of events of another system in the same Stripe account', async () => {
    const { order, session } = await aPaidOrder()
    letPass(60)
    stripe.faults.event = () => 'lost'
    const price_data = { currency: 'eur', unit_amount: 1000, product_data: { name: 'A thing' } }
    const { id } = stripe.account.createSession({
      mode: 'payment',
      line_items: [{ price_data, quantity: 1 }],
    })
    const { payment_intent } = stripe.account.pay(id)
    for (let n = 0; n < 250; n += 1)
      stripe.account.createRefund({ payment_intent: payment_intent as string, amount: 1 }, null)
    letPass(1)
    stripe.account.createRefund({ payment_intent: intentOf(session), amount: 1 }, null)
    letPass(4)
    for (let runs = 0; runs < 3; runs += 1) await runJob()
    expect(await ledgerOf(order)).toContainEqual(['refunded', '0.01'])
    letPass(4)
    calls.length = 0
    await runJob()
    expect(new Set(calls)).toEqual(new Set(['GET /v1/events']))
  })

  it('are listed in parts where they are too many', async () => {
    const { order, session } = await aPaidOrder()
    stripe.faults.event = () => 'lost'
    stripe.account.createRefund({ payment_intent: intentOf(session), amount: 100 }, null)
    const [event] = stripe.state.events.slice(-1)
    for (let n = 0; n < 1500; n += 1) {
      const created = event!.created + 600 + n * 10
      stripe.state.events.push({ ...event!, id: `evt_known_${n}`, created })
    }
    await env.DB.batch(
      stripe.state.events
        .filter(({ id }) => id.startsWith('evt_known'))
        .map(({ id }) =>
          env.DB.prepare(`INSERT INTO stripe_events (id, type, at) VALUES (?, 'x', 1)`).bind(id),
        ),
    )
    letPass(6 * 60)
    for (let runs = 0; runs < 3; runs += 1) await runJob()
    expect(await reached()).toBeGreaterThan((event!.created + 600 + 15_000) * 1000)
    expect(listings()).toBeLessThanOrEqual(40)
    await agrees(order)
  })

  it('are applied although Stripe refuses one that more follow than a list takes', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const { order, session } = await aPaidOrder()
    letPass(60)
    await runJob()
    stripe.faults.event = () => 'lost'
    const { id } = stripe.account.createRefund({ payment_intent: intentOf(session), amount: 1 }, null)
    delete stripe.state.refunds[id]
    const [event] = stripe.state.events.slice(-1)
    const known = Array.from({ length: 1500 }, (_, n) => ({
      ...event!,
      id: `evt_after_${n}`,
      created: event!.created + 60 + n,
    }))
    stripe.state.events.push(...known)
    await env.DB.prepare(`INSERT INTO stripe_events (id, type, at) SELECT value, 'x', 1 FROM json_each(?)`)
      .bind(JSON.stringify(known.map((each) => each.id)))
      .run()
    letPass(30)
    stripe.account.createRefund({ payment_intent: intentOf(session), amount: 2 }, null)
    letPass(2)
    for (let runs = 0; runs < 8; runs += 1) await runJob()
    expect(await ledgerOf(order)).toContainEqual(['refunded', '0.02'])
  })

  it('are applied although more came in the same second than a list takes', async () => {
    const { order, session } = await aPaidOrder()
    letPass(60)
    stripe.faults.event = () => 'lost'
    await runJob()
    stripe.account.createRefund({ payment_intent: intentOf(session), amount: 1 }, null)
    const [event] = stripe.state.events.slice(-1)
    const known = Array.from({ length: 1100 }, (_, n) => ({ ...event!, id: `evt_same_${n}` }))
    stripe.state.events.push(...known)
    await env.DB.prepare(`INSERT INTO stripe_events (id, type, at) SELECT value, 'x', 1 FROM json_each(?)`)
      .bind(JSON.stringify(known.map(({ id }) => id)))
      .run()
    letPass(6 * 60)
    for (let runs = 0; runs < 8; runs += 1) await runJob()
    expect(await ledgerOf(order)).toContainEqual(['refunded', '0.01'])
  })

  it('are tried again while Stripe fails, and one that never works holds up no other for longer than three days', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const { order, session } = await aPaidOrder()
    letPass(60)
    stripe.faults.event = () => 'lost'
    const { id } = stripe.account.createRefund({ payment_intent: intentOf(session), amount: 1 }, null)
    const [bad] = stripe.state.events.slice(-1)
    stripe.faults.api = (call) => (call === `GET /v1/refunds/${id}` ? '500 saved' : undefined)
    letPass(4 * 24 * 60)
    await runJob()
    expect(await reached()).toBe(bad!.created * 1000)
    stripe.faults.api = () => undefined
    const { [id]: refund } = stripe.state.refunds
    delete stripe.state.refunds[id] // Stripe refuses to show it
    stripe.account.createRefund({ payment_intent: intentOf(session), amount: 2 }, null)
    letPass(4)
    await runJob()
    expect(await ledgerOf(order)).toContainEqual(['refunded', '0.02'])
    expect(await reached()).toBeGreaterThan(bad!.created * 1000)
    stripe.state.refunds[id] = refund!
  })

  it.each([
    ['some minutes', 5],
    ['more than three days', 4 * 24 * 60],
  ])('are applied although Stripe has refused the five before them for %s', async (_, minutes) => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const { order, session } = await aPaidOrder()
    letPass(60)
    stripe.faults.event = () => 'lost'
    for (let n = 0; n < 6; n += 1) {
      const { id } = stripe.account.createRefund({ payment_intent: intentOf(session), amount: 1 }, null)
      if (n < 5) delete stripe.state.refunds[id]
    }
    letPass(minutes)
    await runJob()
    expect(await ledgerOf(order)).toContainEqual(['refunded', '0.01'])
  })
})

describe('the integrity check of money', () => {
  it.each([
    ['order_money_is_sum_of_ledger', `UPDATE orders SET paid_cents = paid_cents + 1 WHERE id = ?`],
    ['payment_is_in_ledger', `UPDATE payments SET received_cents = received_cents + 1 WHERE order_id = ?`],
    ['paid_order_has_one_payment', `UPDATE payments SET accepted = 0 WHERE order_id = ?`],
    [
      'stock_is_held_while_payable',
      `INSERT INTO payments (order_id, amount_cents, currency, key, parameters, expires_at, check_at, created_at, changed_at)
      SELECT id, 1, 'EUR', 'k', '', 1, 9000000000000000, 1, 1 FROM orders WHERE id = ?`,
    ],
    ['money_without_order_goes_back', `UPDATE payments SET accepted = 0, changed_at = 1 WHERE order_id = ?`],
    ['shipped_order_is_paid', `UPDATE orders SET paid_at = NULL, status = 'Shipped' WHERE id = ?`],
  ] as const)('finds a violation of %s', async (check, violation) => {
    const { ann, order } = await aPaidOrder()
    if (check === 'stock_is_held_while_payable') await ann.cancels(order)
    expect(await integrityViolations()).toEqual({})
    const before = await env.DB.batch([
      env.DB.prepare('SELECT * FROM orders WHERE id = ?').bind(order.id),
      env.DB.prepare('SELECT * FROM payments WHERE order_id = ?').bind(order.id),
    ])
    await env.DB.prepare(violation).bind(order.id).run()
    expect(Object.keys(await integrityViolations())).toContain(check)
    const [[old], [payment]] = before.map(({ results }) => results as Record<string, number>[]) as [
      Record<string, number>[],
      Record<string, number>[],
    ]
    await env.DB.batch([
      env.DB.prepare(`DELETE FROM payments WHERE order_id = ? AND key = 'k'`).bind(order.id),
      env.DB.prepare('UPDATE orders SET paid_cents = ?, paid_at = ?, status = ? WHERE id = ?').bind(
        old!['paid_cents'],
        old!['paid_at'],
        old!['status'],
        order.id,
      ),
      env.DB.prepare(
        'UPDATE payments SET received_cents = ?, accepted = ?, changed_at = ? WHERE order_id = ?',
      ).bind(payment!['received_cents'], payment!['accepted'], payment!['changed_at'], order.id),
    ])
  })

  it('finds money that has not gone back an hour after the bank decided for the shop', async () => {
    const { ann, order, session } = await aPaidOrder()
    const { id } = stripe.account.openDispute(session.payment_intent as string)
    await stripe.events.deliverAll()
    await ann.cancels(order)
    const makeOld = async () =>
      env.DB.batch([
        env.DB.prepare('UPDATE orders SET updated_at = 1 WHERE id = ?').bind(order.id),
        env.DB.prepare('UPDATE payments SET changed_at = 1 WHERE order_id = ?').bind(order.id),
      ])
    await makeOld()
    expect(await integrityViolations()).toEqual({})
    stripe.account.closeDispute(id, 'won')
    await stripe.events.deliverAll()
    expect(await integrityViolations()).toEqual({})
    await makeOld()
    expect(Object.keys(await integrityViolations())).toEqual(['money_without_order_goes_back'])
    expect((await settles(ann, order)).payment.status).toBe('refunded')
  })
})

describe('the comparison with Stripe', () => {
  it('finds each payment that Stripe knows otherwise, and no other', async () => {
    const client = await stripeOf({ ...SETTLING, secret_key: SETTINGS.STRIPE_SECRET_KEY })()
    await env.DB.prepare('UPDATE payments SET session_id = NULL').run() // those of other tests
    const { ann, order } = await aPaidOrder()
    const { order: unpaid } = await aDueOrder(ann)
    await opensPage(ann, unpaid)
    const { ann: bob, order: returned } = await aPaidOrder()
    await bob.cancels(returned)
    await expect.poll(() => stripe.account.refunds().length).toBe(1)
    await settles(bob, returned)
    const compared = () => compareWithStripe(runOn(env.DB), client)
    expect(await compared()).toEqual({ compared: 3, differences: [] })
    stripe.faults.event = () => 'lost'
    stripe.account.pay(sessionsOf(unpaid)[0]!.id)
    stripe.account.createRefund(
      { payment_intent: sessionsOf(order)[0]!.payment_intent as string, amount: 1 },
      null,
    )
    expect((await compared()).differences).toEqual([
      expect.stringMatching(
        `^order ${order.id}, cs_test_.*: 1000 cents EUR received and 0 returned here, 1000 .* 1 `,
      ),
      expect.stringMatching(`^order ${unpaid.id}, cs_test_.*: 0 cents .* here, 1000 cents EUR received`),
    ])
    delete stripe.state.sessions[sessionsOf(order)[0]!.id]
    expect((await compared()).differences).toEqual([
      expect.stringMatching(`^order ${order.id}, .* here, and Stripe does not know the payment$`),
      expect.stringMatching(`^order ${unpaid.id}, `),
    ])
  })
})
