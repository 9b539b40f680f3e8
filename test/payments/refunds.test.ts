import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { once } from '../../scripts/pretend-stripe/faults.ts'
import { Db } from '../../src/db/client.ts'
import { applyDispute } from '../../src/payments/apply-dispute.ts'
import { stripeOf } from '../../src/payments/stripe.ts'
import { paymentsOf } from '../../src/settings.ts'
import {
  aCustomer,
  countBy,
  eventsOf,
  movementsOf,
  simultaneously,
  staffMoves,
  stockOf,
  theOwner,
} from '../shop.ts'
import {
  aDueOrder,
  aPaidOrder,
  calls,
  deliver,
  ledgerOf,
  letPass,
  reread,
  runJob,
  settles,
  stripe,
  takePayments,
} from './paying-shop.ts'

takePayments()

const refunds = async (order: { id: number }, body: object, headers: Record<string, string> = {}) =>
  (await theOwner()).call('POST', `/api/admin/orders/${order.id}/refunds/`, { body, headers })

/** As of a request. */
const contextNow = () => ({
  db: new Db(env.DB),
  now: Date.now(),
  wake: () => {},
  returnMoney: () => {},
  stripe: stripeOf(paymentsOf(env)!),
})

describe('a refund by staff', () => {
  it('of a part is asked for at Stripe, and shown', async () => {
    const { ann, order } = await aPaidOrder()
    const answer = await refunds(order, { amount: '3.00', reason: 'A scratch' })
    expect([answer.status, answer.body]).toEqual([
      202,
      {
        id: expect.any(Number),
        order_id: order.id,
        amount: '3.00',
        currency: 'EUR',
        status: 'requested',
        reason: 'A scratch',
        failure: null,
        stripe_id: null,
        created_at: expect.any(String),
      },
    ])
    await expect.poll(() => stripe.account.refunds()).toMatchObject([{ amount: 300 }])
    expect((await settles(ann, order)).payment).toMatchObject({
      status: 'paid',
      amount: '10.00',
      refunded: '3.00',
    })
    const { body } = await (await theOwner()).call('GET', `/api/admin/orders/${order.id}/payments/`)
    expect(body.results.toReversed()).toMatchObject([
      { kind: 'paid', amount: '10.00', stripe_id: expect.stringMatching(/^pi_/), actor: null },
      { kind: 'refund_requested', amount: '3.00', note: 'A scratch', actor: (await theOwner()).email },
      { kind: 'refunded', amount: '3.00', stripe_id: stripe.account.refunds()[0]!.id },
    ])
    const { body: events } = await (await theOwner()).call('GET', `/api/admin/orders/${order.id}/events/`)
    const actors = events.results.map(({ actor }: { actor: string | null }) => actor)
    expect(actors).toEqual([null, (await theOwner()).email, null, ann.email]) // refunded, asked for, paid, placed
  })

  it('is all that is left by default, and never more', async () => {
    const { ann, order } = await aPaidOrder()
    expect(await refunds(order, { amount: '10.01' })).toBeProblem(409, 'refund_too_large', {
      available: '10.00',
    })
    expect((await refunds(order, { amount: '4.00' })).status).toBe(202)
    expect(await refunds(order, { amount: '6.01' })).toBeProblem(409, 'refund_too_large', {
      available: '6.00',
    })
    expect((await refunds(order, {})).body.amount).toBe('6.00')
    expect(await refunds(order, {})).toBeProblem(409, 'refund_too_large', { available: '0.00' })
    await expect.poll(() => stripe.account.refunds().length).toBe(2)
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '10.00' })
  })

  it('is at most what was paid, however many come at once', async () => {
    const { ann, order } = await aPaidOrder()
    const answers = await simultaneously(6, () => refunds(order, { amount: '4.00' }))
    expect(countBy(answers, ({ status }) => status)).toEqual({ 202: 2, 409: 4 })
    await expect.poll(() => stripe.account.refunds().length).toBe(2)
    await settles(ann, order)
  })

  it('is not taken for one that a restore has lost, whose id it has', async () => {
    const { ann, order, session: other } = await aPaidOrder()
    const { order: refunded } = await aPaidOrder(ann)
    stripe.faults.api = (call) => (call === 'POST /v1/refunds' ? '429' : undefined)
    const { id } = (await refunds(refunded, {})).body
    stripe.faults.api = () => undefined
    const kiosk_shop = await env.DB.prepare('SELECT id FROM shop_identity').first<string>('id')
    const metadata = { kiosk_shop: kiosk_shop!, kiosk_refund: String(id) }
    const payment_intent = other.payment_intent as string
    stripe.account.createRefund({ payment_intent, amount: 100, metadata }, null)
    await stripe.events.deliverAll()
    letPass(2)
    expect((await settles(ann, refunded)).payment).toMatchObject({ status: 'refunded', refunded: '10.00' })
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'paid', refunded: '1.00' })
  })

  it('is made once for each key', async () => {
    const { ann, order } = await aPaidOrder()
    const key = { 'Idempotency-Key': `refund-${order.id}` }
    const answers = await simultaneously(4, () => refunds(order, { amount: '4.00' }, key))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1)
    await expect.poll(() => stripe.account.refunds().length).toBe(1)
    expect((await settles(ann, order)).payment.refunded).toBe('4.00')
    expect((await refunds(order, { amount: '4.00' }, key)).body.status).toBe('succeeded')
    expect(await refunds(order, { amount: '5.00' }, key)).toBeProblem(422, 'idempotency_key_reused')
  })

  it('restocks the units that came back, and no more than were sold', async () => {
    const { ann, order, product } = await aPaidOrder(undefined, { quantity: 3 })
    const item_id = order.items[0].id
    const back = (quantity: number) => refunds(order, { amount: '1.00', restock: [{ item_id, quantity }] })
    expect((await back(2)).status).toBe(202)
    expect(await stockOf(product)).toBe(9)
    expect(await back(2)).toBeProblem(409, 'return_too_large', {
      items: [{ item_id, requested: 2, available: 1 }],
    })
    expect((await movementsOf(product)).at(-1)).toMatchObject({ delta: 2, order_id: order.id })
    const { body } = await (await theOwner()).call('GET', `/api/admin/products/${product.id}/movements/`)
    expect(body.results[0]).toMatchObject({ reason: 'return', delta: 2 })
    const twice = {
      amount: '1.00',
      restock: [
        { item_id, quantity: 1 },
        { item_id, quantity: 1 },
      ],
    }
    expect((await refunds(order, twice)).status).toBe(409)
    // What is left goes back when the order is cancelled.
    expect((await ann.cancels(order)).status).toBe(200)
    expect(await stockOf(product)).toBe(10)
    expect(await back(1)).toBeProblem(409, 'refund_too_large', { available: '0.00' })
    await expect.poll(() => stripe.account.refunds().length).toBe(2)
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '30.00' })
  })

  it('has units of this order only, and takes no stock of products that are gone', async () => {
    const { order, product } = await aPaidOrder()
    const { order: other } = await aPaidOrder()
    const restock = [{ item_id: other.items[0].id, quantity: 1 }]
    expect(await refunds(order, { amount: '1.00', restock })).toBeProblem(409, 'return_too_large', {
      items: [{ item_id: other.items[0].id, requested: 1, available: 0 }],
    })
    await (await theOwner()).call('DELETE', `/api/admin/products/${product.id}/`)
    const gone = [{ item_id: order.items[0].id, quantity: 1 }]
    expect((await refunds(order, { amount: '1.00', restock: gone })).status).toBe(202)
    expect((await movementsOf(product)).at(-1)).toMatchObject({ reason: 'deletion' })
  })

  it('needs an order with money, and input that makes sense', async () => {
    const { order } = await aDueOrder()
    expect(await refunds(order, {})).toBeProblem(409, 'refund_too_large', { available: '0.00' })
    expect(await refunds({ id: 999_999 }, {})).toBeProblem(404, 'not_found')
    for (const [body, field] of [
      [{ amount: '0.00' }, 'amount'],
      [{ amount: '1.001' }, 'amount'],
      [{ reason: 'x'.repeat(501) }, 'reason'],
      [{ restock: [{ item_id: 1, quantity: 0 }] }, 'restock.0.quantity'],
      [{ restock: 'all' }, 'restock'],
    ] as const)
      expect((await refunds(order, body)).body.errors, field).toHaveProperty([field])
  })
})

describe('a refund', () => {
  it.each(['lost before', 'lost after', '500 after', '500 saved', '429'] as const)(
    'is made once, also when Stripe answers %s',
    async (fault) => {
      const { ann, order } = await aPaidOrder()
      let faults = 2
      stripe.faults.api = (call) => (call === 'POST /v1/refunds' && (faults -= 1) >= 0 ? fault : undefined)
      await ann.cancels(order)
      await expect.poll(() => calls.filter((call) => call === 'POST /v1/refunds').length).toBeGreaterThan(0)
      await new Promise((resolve) => setTimeout(resolve, 700)) // the SDK's pause before it repeats
      for (let minute = 0; minute < 3; minute += 1) {
        letPass(1.1)
        await runJob()
      }
      expect(stripe.account.refunds()).toHaveLength(1)
      expect((await settles(ann, order)).payment.status).toBe('refunded')
    },
  )

  it('of a part is made once, also when its answer gets lost', async () => {
    const { ann, order } = await aPaidOrder()
    let faults = 2
    stripe.faults.api = (call) =>
      call === 'POST /v1/refunds' && (faults -= 1) >= 0 ? 'lost after' : undefined
    await refunds(order, { amount: '4.00' })
    await expect.poll(() => faults, { timeout: 5000 }).toBe(0)
    letPass(1.1)
    await runJob()
    expect(stripe.account.refunds()).toMatchObject([{ amount: 400 }])
    expect((await settles(ann, order)).payment.refunded).toBe('4.00')
  })

  it('is found again after its key has been forgotten', async () => {
    const { ann, order } = await aPaidOrder()
    stripe.faults.api = (call) => (call === 'POST /v1/refunds' ? 'lost after' : undefined)
    stripe.faults.event = () => 'lost'
    await refunds(order, { amount: '4.00' }) // another one of this amount would be possible
    await expect.poll(() => stripe.account.refunds().length).toBe(1)
    stripe.faults.api = () => undefined
    stripe.state.events = [] // the job would learn of it from the list of events
    letPass(25 * 60)
    await runJob()
    expect(stripe.account.refunds()).toHaveLength(1)
    expect((await settles(ann, order)).payment.refunded).toBe('4.00')
  })

  it('whose event comes before the answer is one refund', async () => {
    const { ann, order } = await aPaidOrder()
    stripe.pause = async () => {
      stripe.pause = undefined
      queueMicrotask(() => void stripe.events.deliver())
    }
    await ann.cancels(order)
    await expect.poll(async () => (await reread(ann, order)).payment.status).toBe('refunded')
    await settles(ann, order)
    expect((await ledgerOf(order)).filter(([kind]) => kind === 'refunded')).toHaveLength(1)
  })

  it('that takes days is under way until it has arrived', async () => {
    const { ann, order } = await aPaidOrder()
    stripe.account.refundsBecome = 'pending'
    await ann.cancels(order)
    await expect.poll(() => stripe.account.refunds().length).toBe(1)
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunding', refunded: '0.00' })
    stripe.faults.event = () => 'lost'
    stripe.account.settleRefund(stripe.account.refunds()[0]!.id)
    letPass(7 * 60)
    await runJob()
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '10.00' })
  })

  it('that fails, even after it had succeeded, is due again and shown', async () => {
    const { ann, order } = await aPaidOrder()
    await ann.cancels(order)
    await expect.poll(() => stripe.account.refunds().length).toBe(1)
    await settles(ann, order)
    stripe.account.failRefund(stripe.account.refunds()[0]!.id)
    await stripe.events.deliverAll()
    expect((await reread(ann, order)).payment).toMatchObject({ status: 'refunding', refunded: '0.00' })
    expect((await ledgerOf(order)).at(-1)).toEqual(['refund_reversed', '10.00'])
    await runJob()
    expect(stripe.account.refunds()).toHaveLength(1)
    letPass(25 * 60)
    await runJob()
    expect(stripe.account.refunds()).toHaveLength(2)
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '10.00' })
  })

  it('that fails days later is made again a day after it failed', async () => {
    const { ann, order } = await aPaidOrder()
    await ann.cancels(order)
    await expect.poll(() => stripe.account.refunds().length).toBe(1)
    await settles(ann, order)
    letPass(3 * 24 * 60)
    await runJob()
    stripe.faults.event = () => 'lost' // so that the job learns of it, at its own time
    stripe.account.failRefund(stripe.account.refunds()[0]!.id)
    for (const [minutes, made] of [
      [4, 1],
      [10, 1],
      [25 * 60, 2],
    ] as const) {
      letPass(minutes)
      await runJob()
      expect(stripe.account.refunds()).toHaveLength(made)
    }
  })

  it('that keeps failing is left to staff after the third time', async () => {
    const { ann, order } = await aPaidOrder()
    stripe.account.refundsBecome = 'failed'
    await ann.cancels(order)
    for (let day = 0; day < 6; day += 1) {
      letPass(25 * 60)
      await runJob()
    }
    expect(stripe.account.refunds()).toHaveLength(3)
    expect((await reread(ann, order)).payment.status).toBe('refunding')
    stripe.account.refundsBecome = 'succeeded'
    expect((await refunds(order, {})).status).toBe(202)
    letPass(2)
    await runJob()
    expect((await settles(ann, order)).payment.status).toBe('refunded')
  })

  it('that was made at Stripe counts, and what the shop had asked for beyond it fails', async () => {
    const { ann, order, session } = await aPaidOrder()
    const payment_intent = session.payment_intent as string
    stripe.account.createRefund({ payment_intent, amount: 700 }, null)
    await stripe.events.deliverAll()
    expect((await reread(ann, order)).payment).toMatchObject({ status: 'paid', refunded: '7.00' })
    stripe.faults.event = () => 'lost'
    stripe.account.createRefund({ payment_intent, amount: 300 }, null)
    expect((await refunds(order, {})).body.amount).toBe('3.00')
    await expect
      .poll(async () => (await ledgerOf(order)).map(([kind, amount]) => `${kind} ${amount}`))
      .toEqual([
        'paid 10.00',
        'refunded 7.00',
        'refund_requested 3.00',
        'refund_failed 3.00',
        'refunded 3.00',
      ])
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '10.00' })
  })

  it('that was made at Stripe is told at each of its steps, once', async () => {
    const { ann, order, session } = await aPaidOrder()
    stripe.account.refundsBecome = 'pending'
    const { length } = await eventsOf(order)
    const { id } = stripe.account.createRefund({ payment_intent: session.payment_intent as string }, null)
    const [created] = stripe.events.undelivered
    await deliver(created!)
    await deliver({ ...created!, id: `${created!.id}_again` })
    expect((await reread(ann, order)).payment.status).toBe('refunding')
    expect(await eventsOf(order)).toHaveLength(length + 1)
    stripe.account.settleRefund(id)
    await settles(ann, order)
    expect(await eventsOf(order)).toHaveLength(length + 2)
  })

  it('that was made at Stripe while one of the shop has not reached it counts, and that one fails', async () => {
    const { ann, order, session } = await aPaidOrder()
    stripe.faults.api = (call) => (call === 'POST /v1/refunds' ? 'lost before' : undefined)
    expect((await refunds(order, {})).body.amount).toBe('10.00')
    await expect.poll(() => calls.filter((call) => call === 'POST /v1/refunds').length).toBe(2)
    stripe.account.createRefund({ payment_intent: session.payment_intent as string, amount: 700 }, null)
    const [event] = stripe.events.undelivered
    expect(await deliver(event!)).toBe(503)
    expect((await ledgerOf(order)).map(([kind]) => kind)).toEqual(['paid', 'refund_requested'])
    stripe.faults.api = () => undefined
    const { length } = await eventsOf(order)
    expect(await deliver(event!)).toBe(204)
    expect(await eventsOf(order)).toHaveLength(length + 2) // listeners learn of both
    const ledger = [
      ['paid', '10.00'],
      ['refund_requested', '10.00'],
      ['refund_failed', '10.00'],
      ['refunded', '7.00'],
    ]
    expect(await ledgerOf(order)).toEqual(ledger)
    calls.length = 0
    expect(await deliver(event!)).toBe(204)
    expect(calls).toEqual([]) // it has been applied
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'paid', refunded: '7.00' })
    expect(await ledgerOf(order)).toEqual(ledger)
    expect((await refunds(order, {})).body.amount).toBe('3.00')
    await expect.poll(() => stripe.account.refunds()).toMatchObject([{ amount: 300 }, { amount: 700 }])
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '10.00' })
  })

  it('that was made at Stripe while Stripe makes one of the shop leaves it too little', async () => {
    const { ann, order, session } = await aPaidOrder()
    let delivered: number | undefined
    stripe.pause = async () => {
      stripe.pause = undefined
      stripe.account.createRefund({ payment_intent: session.payment_intent as string }, null)
      delivered = await stripe.events.deliver()
    }
    await ann.cancels(order)
    await expect.poll(() => delivered).toBe(1)
    await expect.poll(async () => (await ledgerOf(order)).at(-1)).toEqual(['refunded', '10.00'])
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '10.00' })
    expect(stripe.account.refunds()).toHaveLength(1)
  })

  it('that was made at Stripe in the place of one that came back counts, whichever event comes first', async () => {
    const { ann, order, session } = await aPaidOrder()
    await refunds(order, {})
    await expect.poll(() => stripe.account.refunds().length).toBe(1)
    await settles(ann, order)
    stripe.faults.event = (type) => (type === 'refund.created' ? undefined : 'lost')
    stripe.account.failRefund(stripe.account.refunds()[0]!.id)
    stripe.account.createRefund({ payment_intent: session.payment_intent as string }, null)
    expect(await deliver(stripe.events.undelivered[0]!)).toBe(204)
    expect((await ledgerOf(order)).slice(-2)).toEqual([
      ['refund_reversed', '10.00'],
      ['refunded', '10.00'],
    ])
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '10.00' })
  })

  it('that was made at Stripe and had failed before its events came is not counted', async () => {
    const { ann, order, session } = await aPaidOrder()
    const payment_intent = session.payment_intent as string
    stripe.account.failRefund(stripe.account.createRefund({ payment_intent }, null).id)
    const [created] = stripe.events.undelivered
    await ann.cancels(order)
    await expect.poll(() => stripe.account.refunds()).toMatchObject([{ status: 'succeeded' }, {}])
    expect(await deliver(created!)).toBe(204)
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '10.00' })
    expect(await ledgerOf(order)).toContainEqual(['refund_failed', '10.00'])
  })

  it('of a payment that its customer disputes is blocked until the bank has decided', async () => {
    const { ann, order, session } = await aPaidOrder()
    const { id } = stripe.account.openDispute(session.payment_intent as string)
    await stripe.events.deliverAll()
    expect(await refunds(order, {})).toBeProblem(409, 'payment_disputed')
    expect((await ledgerOf(order)).at(-1)).toEqual(['dispute', '10.00'])
    expect((await ann.cancels(order)).body.order.payment.status).toBe('refunding')
    await runJob()
    expect(stripe.account.refunds()).toEqual([])
    stripe.account.closeDispute(id, 'won')
    expect((await settles(ann, order)).payment.status).toBe('refunded')
  })

  it('of a payment that the bank took back is not owed, and its order ends as refunded', async () => {
    const { ann, order, session } = await aPaidOrder()
    const { id } = stripe.account.openDispute(session.payment_intent as string)
    stripe.account.closeDispute(id, 'lost')
    await stripe.events.deliverAll()
    expect((await reread(ann, order)).payment.status).toBe('paid')
    await ann.cancels(order)
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '0.00' })
    expect(await refunds(order, {})).toBeProblem(409, 'payment_disputed')
    expect(stripe.account.refunds()).toEqual([])
    const { body } = await (await theOwner()).call('GET', '/api/admin/orders/?payment=refunded&page_size=1')
    expect(body.results).toMatchObject([{ id: order.id }])
  })

  it('waits for a newer dispute, whatever a late event of the older one says', async () => {
    const { ann, order, session } = await aPaidOrder()
    const older = stripe.account.openDispute(session.payment_intent as string)
    await stripe.events.deliverAll()
    stripe.account.closeDispute(older.id, 'won')
    const late = structuredClone(stripe.account.dispute(older.id))
    stripe.account.openDispute(session.payment_intent as string)
    await stripe.events.deliverAll()
    expect(await applyDispute(contextNow(), late, [])).toBe(true)
    expect(await refunds(order, {})).toBeProblem(409, 'payment_disputed')
    expect((await ledgerOf(order)).map(([kind]) => kind)).toEqual(['paid', 'dispute', 'dispute', 'dispute'])
    await settles(ann, order)
  })

  it('is possible once the bank has decided about both of two disputes at once', async () => {
    const { order, session } = await aPaidOrder()
    const [one, other] = [1, 2].map(() => stripe.account.openDispute(session.payment_intent as string))
    await stripe.events.deliverAll()
    for (const dispute of [one!, other!]) {
      expect(await refunds(order, {})).toBeProblem(409, 'payment_disputed')
      stripe.account.closeDispute(dispute.id, 'won')
      await stripe.events.deliverAll()
    }
    expect((await refunds(order, {})).status).toBe(202)
  })

  it('is not owed of a payment that the bank took back, though a later inquiry was closed', async () => {
    const { ann, order, session } = await aPaidOrder()
    const { id } = stripe.account.openDispute(session.payment_intent as string)
    stripe.account.closeDispute(id, 'lost')
    await stripe.events.deliverAll()
    await ann.cancels(order)
    const inquiry = stripe.account.openDispute(session.payment_intent as string)
    await stripe.events.deliverAll()
    await applyDispute(contextNow(), { ...inquiry, status: 'warning_closed' }, [])
    expect(await refunds(order, {})).toBeProblem(409, 'payment_disputed')
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '0.00' })
    expect(calls).not.toContain('POST /v1/refunds')
  })

  it('is owed once the last of two disputes is won, however long after the other', async () => {
    const { ann, order, session } = await aPaidOrder()
    const [older, newer] = [1, 2].map(() => stripe.account.openDispute(session.payment_intent as string))
    await stripe.events.deliverAll()
    stripe.account.closeDispute(newer!.id, 'won')
    await stripe.events.deliverAll()
    await ann.cancels(order)
    for (let day = 0; day < 4; day += 1) {
      await runJob()
      letPass(25 * 60)
    }
    expect(calls).not.toContain('POST /v1/refunds')
    stripe.account.closeDispute(older!.id, 'won')
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '10.00' })
  })

  it('waits for an appeal, and then is owed or not as that ends', async () => {
    const { ann, order, session } = await aPaidOrder()
    const { id } = stripe.account.openDispute(session.payment_intent as string)
    stripe.account.closeDispute(id, 'won')
    await stripe.events.deliverAll()
    const appealed = { ...stripe.account.dispute(id), status: 'appeal_under_review' as const }
    await applyDispute(contextNow(), appealed, [])
    expect(await refunds(order, {})).toBeProblem(409, 'payment_disputed')
    stripe.account.closeDispute(id, 'lost')
    await applyDispute(contextNow(), stripe.account.dispute(id), [])
    await ann.cancels(order)
    expect((await settles(ann, order)).payment.status).toBe('refunded')
    expect(stripe.account.refunds()).toEqual([])
  })

  it('is possible after the bank has decided, though an answer from before comes late', async () => {
    const { ann, order, session } = await aPaidOrder()
    const { id } = stripe.account.openDispute(session.payment_intent as string)
    const open = structuredClone(stripe.account.dispute(id))
    await stripe.events.deliverAll()
    stripe.account.closeDispute(id, 'won')
    await stripe.events.deliverAll()
    expect(await applyDispute(contextNow(), open, [])).toBe(true)
    expect((await refunds(order, {})).status).toBe(202)
    expect((await settles(ann, order)).payment.status).toBe('refunded')
    expect((await ledgerOf(order)).map(([kind]) => kind)).toEqual([
      'paid',
      'dispute',
      'dispute',
      'refund_requested',
      'refunded',
    ])
  })

  it('of a payment whose event has not come yet finds its order', async () => {
    const { ann, order } = await aDueOrder(await aCustomer())
    await ann.call('POST', `/api/orders/${order.id}/payment/`)
    const session = stripe.account.sessions()[0]!
    stripe.faults.event = once('lost')
    stripe.account.pay(session.id)
    stripe.account.createRefund({ payment_intent: session.payment_intent as string, amount: 200 }, null)
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'paid', refunded: '2.00' })
  })
})

describe('the ledger of money', () => {
  it('is append-only, and what it adds up to is guarded by constraints', async () => {
    const { order } = await aPaidOrder()
    await expect(env.DB.prepare('DELETE FROM payment_events').run()).rejects.toThrow('append-only')
    await expect(env.DB.prepare('UPDATE payment_events SET amount_cents = 1').run()).rejects.toThrow(
      'append-only',
    )
    const payment = await env.DB.prepare('SELECT id FROM payments WHERE order_id = ?')
      .bind(order.id)
      .first('id')
    const insert = (amount: number) =>
      env.DB.prepare(
        `INSERT INTO refunds (payment_id, order_id, amount_cents, currency, check_at, created_at, changed_at)
         VALUES (?, ?, ?, 'EUR', 1, 1, 1)`,
      ).bind(payment, order.id, amount)
    await expect(insert(1001).run()).rejects.toThrow('refunded_at_most')
    for (const state of ['open', 'expired', 'opening'])
      await expect(
        env.DB.prepare('UPDATE payments SET state = ? WHERE id = ?').bind(state, payment).run(),
      ).rejects.toThrow('payments only move forward')
    await staffMoves(order, 'Shipped')
  })

  it('is empty for an order without money, and is not there without an order', async () => {
    const { order } = await aDueOrder()
    expect(await ledgerOf(order)).toEqual([])
    const owner = await theOwner()
    expect(await owner.call('GET', '/api/admin/orders/999999/payments/')).toBeProblem(404, 'not_found')
  })
})
