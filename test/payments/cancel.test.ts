import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { countBy, eventsOf, movementsOf, simultaneously, staffMoves, stockOf } from '../shop.ts'
import {
  aDueOrder,
  aPaidOrder,
  calls,
  ledgerOf,
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

describe('cancelling an order that is due', () => {
  it('without a page takes one round trip and no call of Stripe', async () => {
    const { ann, order, product } = await aDueOrder()
    const answer = await ann.cancels(order)
    expect(answer.body.order).toMatchObject({ status: 'Cancelled', payment: { status: 'cancelled' } })
    expect(answer.headers.get('Server-Timing')).toContain('trips=1')
    expect([await stockOf(product), calls]).toEqual([10, []])
  })

  it.each(['its customer', 'staff'])('closes the page first: by %s', async (who) => {
    const { ann, order, product } = await aDueOrder()
    await opensPage(ann, order)
    const answer = who === 'staff' ? await staffMoves(order, 'Cancelled') : await ann.cancels(order)
    expect(answer.status).toBe(200)
    expect(sessionsOf(order)).toMatchObject([{ status: 'expired' }])
    expect(await stockOf(product)).toBe(10)
    expect(await settles(ann, order)).toMatchObject({ status: 'Cancelled', payment: { status: 'cancelled' } })
    const reasons = (await movementsOf(product)).map(({ reason }) => reason)
    expect(reasons).toEqual(['initial', 'order', 'cancellation'])
  })

  it('that turns out to be paid makes it paid, then cancelled and refunded', async () => {
    const { ann, order, product } = await aDueOrder()
    await opensPage(ann, order)
    stripe.account.pay(sessionsOf(order)[0]!.id)
    const answer = await ann.cancels(order)
    expect(answer.body.order).toMatchObject({ status: 'Cancelled', payment: { status: 'refunding' } })
    expect(await stockOf(product)).toBe(10)
    await expect.poll(async () => (await reread(ann, order)).payment.status).toBe('refunded')
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '10.00' })
    expect((await ledgerOf(order)).map(([kind]) => kind)).toEqual(['paid', 'refund_requested', 'refunded'])
  })

  it('changes nothing while Stripe does not say that the page is closed', async () => {
    const { ann, order, product } = await aDueOrder()
    await opensPage(ann, order)
    stripe.faults.api = () => 'lost before'
    expect(await ann.cancels(order)).toBeProblem(503, 'payment_unavailable')
    expect(await staffMoves(order, 'Cancelled')).toBeProblem(503, 'payment_unavailable')
    expect([await stockOf(product), (await reread(ann, order)).status]).toEqual([9, 'Pending'])
    stripe.faults.api = () => undefined
    expect((await ann.cancels(order)).status).toBe(200)
    await settles(ann, order)
  })

  it('closes the page also when the answer to that gets lost, or the page had just expired', async () => {
    for (const fault of ['lost after', '500 after'] as const) {
      const { ann, order } = await aDueOrder()
      await opensPage(ann, order)
      stripe.faults.api = (call) => (call.endsWith('/expire') ? fault : undefined)
      expect((await ann.cancels(order)).status).toBe(200)
      stripe.faults.api = () => undefined
      await settles(ann, order)
    }
    const { ann, order } = await aDueOrder()
    await opensPage(ann, order)
    sessionsOf(order)[0]!.expires_at = Math.floor(Date.now() / 1000) - 1
    expect((await ann.cancels(order)).body.order.status).toBe('Cancelled')
    await settles(ann, order)
  })

  it('is not done while the page stays open because Stripe fails', async () => {
    const { ann, order, product } = await aDueOrder()
    await opensPage(ann, order)
    stripe.faults.api = (call) => (call.endsWith('/expire') ? '500 saved' : undefined)
    expect(await ann.cancels(order)).toBeProblem(503, 'payment_unavailable')
    expect(await stockOf(product)).toBe(9)
    stripe.faults.api = () => undefined
    expect((await ann.cancels(order)).status).toBe(200)
    await settles(ann, order)
  })

  it('closes a page whose answer got lost', async () => {
    const { ann, order } = await aDueOrder()
    let faults = 2
    stripe.faults.api = () => ((faults -= 1) >= 0 ? 'lost after' : undefined)
    expect((await opensPage(ann, order)).status).toBe(503)
    expect((await ann.cancels(order)).status).toBe(200)
    expect(sessionsOf(order)).toMatchObject([{ status: 'expired' }])
    await settles(ann, order)
  })

  it('is the customer’s although the page, whose answer got lost, has expired meanwhile', async () => {
    const { ann, order } = await aDueOrder()
    let faults = 2
    stripe.faults.api = () => ((faults -= 1) >= 0 ? 'lost after' : undefined)
    expect((await opensPage(ann, order)).status).toBe(503)
    stripe.faults.event = () => 'lost'
    sessionsOf(order)[0]!.expires_at = Math.floor(Date.now() / 1000) - 1
    expect((await ann.cancels(order)).body.order?.status).toBe('Cancelled')
    expect((await eventsOf(order)).at(-1)).toMatchObject({ to_status: 'Cancelled', actor_id: ann.id })
    await settles(ann, order)
  })

  it('is repeated with its key after it had to close the page', async () => {
    const { ann, order } = await aDueOrder()
    await opensPage(ann, order)
    const cancel = () =>
      ann.call('POST', `/api/orders/${order.id}/cancel/`, {
        headers: { 'Idempotency-Key': `cancel-${order.id}` },
      })
    const [first, again] = [await cancel(), await cancel()]
    expect([first.status, again.status, again.headers.get('Idempotent-Replayed')]).toEqual([200, 200, 'true'])
    const cancels = (await eventsOf(order)).filter(({ to_status }) => to_status === 'Cancelled')
    expect(cancels).toMatchObject([{ actor_id: ann.id }])
  })

  it('while it is being paid ends in one of two ways, and the books agree', async () => {
    for (let n = 0; n < 6; n += 1) {
      const { ann, order, product } = await aDueOrder()
      await opensPage(ann, order)
      const [session] = sessionsOf(order)
      const pays = async () => {
        for (let turn = 0; turn < n * 3; turn += 1) await Promise.resolve()
        try {
          stripe.account.pay(session!.id)
          await stripe.events.deliver()
        } catch (error) {
          expect(error).toMatchObject({ constructor: { name: 'PageClosed' } })
        }
      }
      const [answers] = await Promise.all([simultaneously(2, () => ann.cancels(order)), pays()])
      expect(answers.some(({ status }) => status === 200)).toBe(true)
      await expect
        .poll(async () => (await reread(ann, order)).payment.status)
        .toBe(session!.status === 'complete' ? 'refunded' : 'cancelled')
      expect(await settles(ann, order)).toMatchObject({ status: 'Cancelled' })
      expect(await stockOf(product)).toBe(10)
    }
  })
})

describe('cancelling an order that is paid', () => {
  it('sends the money back, once', async () => {
    const { ann, order, product } = await aPaidOrder()
    const answers = await simultaneously(3, () => ann.cancels(order))
    expect(countBy(answers, ({ status }) => status)).toEqual({ 200: 1, 409: 2 })
    await expect.poll(() => stripe.account.refunds()).toMatchObject([{ amount: 1000 }])
    await settles(ann, order)
    await runJob()
    expect(stripe.account.refunds()).toHaveLength(1)
    expect(await stockOf(product)).toBe(10)
  })

  it('is not done by the job that cancels orders of shops without payments', async () => {
    const { order } = await aPaidOrder()
    await env.DB.prepare('UPDATE orders SET created_at = 1, updated_at = 1 WHERE id = ?').bind(order.id).run()
    const { cancelStaleOrders } = await import('../../src/orders/cancel-stale-orders.ts')
    const { Db } = await import('../../src/db/client.ts')
    expect(await cancelStaleOrders(new Db(env.DB), Date.now(), Date.now())).toEqual({
      cancelled: [],
      failed: 0,
      waiting: 0,
    })
  })
})

describe('an order that nobody pays', () => {
  it('ends after its time without a page, once, and its stock is free', async () => {
    const { ann, order, product } = await aDueOrder()
    letPass(59)
    await runJob()
    expect((await reread(ann, order)).status).toBe('Pending')
    letPass(2)
    await Promise.all([runJob(), runJob()])
    expect(await settles(ann, order)).toMatchObject({ status: 'Cancelled', payment: { status: 'cancelled' } })
    expect(await stockOf(product)).toBe(10)
    expect((await eventsOf(order)).at(-1)).toMatchObject({ to_status: 'Cancelled', actor_id: null })
  })

  it.each(['its event', 'the job'])('ends when its page has expired, told by %s', async (by) => {
    const { ann, order, product } = await aDueOrder()
    await opensPage(ann, order)
    if (by === 'the job') stripe.faults.event = () => 'lost'
    letPass(61)
    // Not by the clock alone: Stripe does not answer.
    stripe.faults.api = () => 'lost before'
    await runJob()
    expect([await stockOf(product), (await reread(ann, order)).status]).toEqual([9, 'Pending'])
    stripe.faults.api = () => undefined
    stripe.account.tick()
    await stripe.events.deliverAll()
    letPass(5)
    if (by === 'the job') await runJob()
    // Expired an hour ahead of the shop's own clock, which leaves a canceller time to finish: the job ends it.
    expect(await settles(ann, order)).toMatchObject({ status: 'Cancelled' })
    expect(await stockOf(product)).toBe(10)
  })

  it('that is paid at the last second is paid', async () => {
    const { ann, order, product } = await aDueOrder()
    await opensPage(ann, order)
    stripe.faults.event = () => 'lost'
    stripe.account.pay(sessionsOf(order)[0]!.id)
    letPass(61)
    await runJob()
    expect((await settles(ann, order)).payment.status).toBe('paid')
    expect(await stockOf(product)).toBe(9)
  })
})
