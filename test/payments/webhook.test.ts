import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { call, post } from '../http.ts'
import { integrityViolations } from '../integrity.ts'
import { eventsOf, simultaneously, staffMoves, stockOf } from '../shop.ts'
import {
  aDueOrder,
  agrees,
  deliver,
  ENDPOINT,
  ledgerOf,
  opensPage,
  reread,
  sessionsOf,
  settles,
  signed,
  stripe,
  takePayments,
} from './paying-shop.ts'

takePayments()

/** An order with an open page, and its session. */
async function anOpenPage(given?: Parameters<typeof aDueOrder>[1]) {
  const due = await aDueOrder(undefined, given)
  await opensPage(due.ann, due.order)
  return { ...due, session: sessionsOf(due.order)[0]! }
}

describe('a payment', () => {
  it('makes its order paid, in the ledger and for listeners', async () => {
    const { ann, order, session } = await anOpenPage()
    stripe.account.pay(session.id)
    const [completed] = stripe.events.undelivered
    expect(await deliver(completed!)).toBe(204)
    const paid = await reread(ann, order)
    expect(paid).toMatchObject({
      status: 'Pending',
      payment: { status: 'paid', amount: '10.00', refunded: '0.00', due_by: null },
    })
    expect(await ledgerOf(order)).toEqual([['paid', '10.00']])
    expect((await eventsOf(order)).at(-1)).toMatchObject({
      from_status: 'Pending',
      to_status: 'Pending',
      actor_id: null,
    })
    expect((await staffMoves(order, 'Shipped')).status).toBe(200)
    await settles(ann, order)
  })

  it('and the opening of its page log every round trip to D1', async () => {
    const info = vi.spyOn(console, 'info')
    const tripsOf = (route: string) =>
      info.mock.calls
        .map(([line]) => JSON.parse(line as string) as { route: string; d1: { round_trips: number } })
        .find((line) => line.route === route)?.d1.round_trips
    const { session } = await anOpenPage()
    stripe.account.pay(session.id)
    await stripe.events.deliverAll()
    // The order and its attempt, the new attempt, its session.
    expect(tripsOf('/api/orders/:id{[0-9]+}/payment')).toBe(3)
    // Whether the event is known, its attempt, the payment.
    expect(tripsOf('/api/payments/stripe')).toBe(3)
    info.mockRestore()
  })

  it('has one effect, however often and simultaneously its events come', async () => {
    const { ann, order, session } = await anOpenPage()
    stripe.faults.event = () => 'twin'
    stripe.account.pay(session.id)
    const events = stripe.events.undelivered
    expect(events.length).toBe(2)
    const statuses = await simultaneously(6, (index) => deliver(events[index % 2]!))
    expect(new Set(statuses)).toEqual(new Set([204]))
    expect(await deliver(events[0]!)).toBe(204)
    expect(await ledgerOf(order)).toEqual([['paid', '10.00']])
    const changes = (await eventsOf(order)).filter(({ from_status }) => from_status !== null)
    expect(changes).toHaveLength(1)
    expect((await settles(ann, order)).payment.status).toBe('paid')
  })

  it('counts once, whether its event, its customer or the job brings it', async () => {
    const { ann, order, session } = await anOpenPage()
    stripe.account.pay(session.id)
    const answers = await Promise.all([
      opensPage(ann, order),
      stripe.events.deliverAll(),
      opensPage(ann, order),
      env.DB.prepare('UPDATE payments SET check_at = 0 WHERE order_id = ?').bind(order.id).run(),
      settles(ann, order),
    ])
    expect(answers[0]).toBeProblem(409, 'order_paid')
    expect(await ledgerOf(order)).toEqual([['paid', '10.00']])
  })

  it('is not taken back by an event that is older', async () => {
    const { ann, order, session } = await anOpenPage()
    stripe.account.pay(session.id)
    const [completed] = stripe.events.undelivered
    const expired = { ...completed!, id: 'evt_older', type: 'checkout.session.expired' } as typeof completed
    expect(await deliver(completed!)).toBe(204)
    await staffMoves(order, 'Shipped')
    expect(await deliver(expired!)).toBe(204)
    expect(await deliver({ ...completed!, id: 'evt_late' })).toBe(204)
    expect(await settles(ann, order)).toMatchObject({ status: 'Shipped', payment: { status: 'paid' } })
  })

  it('is not prevented by a late event of an earlier page', async () => {
    const { ann, order, session } = await anOpenPage()
    stripe.account.expireSession(session.id) // in the dashboard
    const [expired] = stripe.events.undelivered
    const { body: page } = await opensPage(ann, order)
    const [second] = sessionsOf(order)
    expect([page.url, second!.id === session.id]).toEqual([second!.url, false])
    expect(await deliver(expired!)).toBe(204)
    expect(await reread(ann, order)).toMatchObject({
      status: 'Pending',
      payment: { due_by: page.expires_at },
    })
    stripe.account.pay(second!.id)
    expect((await settles(ann, order)).payment.status).toBe('paid')
  })

  it('of another amount goes back, and the order stays due', async () => {
    const { ann, order, session } = await anOpenPage()
    stripe.account.pay(session.id, { amount: 400 })
    const after = await settles(ann, order)
    expect(after.payment).toMatchObject({ status: 'due', refunded: '4.00' })
    expect(await ledgerOf(order)).toEqual([
      ['paid', '4.00'],
      ['refund_requested', '4.00'],
      ['refunded', '4.00'],
    ])
    await opensPage(ann, order)
    stripe.account.pay(sessionsOf(order)[0]!.id)
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'paid', refunded: '4.00' })
  })

  it('of another currency goes back, and the order stays due', async () => {
    const { ann, order, session } = await anOpenPage()
    stripe.account.pay(session.id, { currency: 'usd' })
    await stripe.events.deliverAll()
    await expect.poll(async () => (await ledgerOf(order)).map(([kind]) => kind)).toContain('refund_requested')
    await stripe.events.deliverAll()
    await expect.poll(() => stripe.account.refunds()).toMatchObject([{ amount: 1000, currency: 'usd' }])
    expect((await reread(ann, order)).payment).toMatchObject({ status: 'due', refunded: '0.00' })
  })

  it('by a method that takes days holds the stock until it succeeds', async () => {
    const { ann, order, product, session } = await anOpenPage()
    stripe.account.payLater(session.id)
    await stripe.events.deliverAll()
    expect((await reread(ann, order)).payment.status).toBe('due')
    expect(await opensPage(ann, order)).toBeProblem(409, 'payment_open')
    expect(await ann.cancels(order)).toBeProblem(409, 'payment_open')
    expect(await stockOf(product)).toBe(9)
    stripe.account.settle(session.id)
    expect((await settles(ann, order)).payment.status).toBe('paid')
  })

  it('by a method that takes days ends the order when it fails', async () => {
    const { ann, order, product, session } = await anOpenPage()
    stripe.account.payLater(session.id)
    await stripe.events.deliverAll()
    stripe.account.settle(session.id, false)
    expect(await settles(ann, order)).toMatchObject({ status: 'Cancelled', payment: { status: 'cancelled' } })
    expect(await stockOf(product)).toBe(10)
  })

  it('for an order that a restore has lost goes back', async () => {
    const { ann, order, session } = await anOpenPage()
    stripe.account.pay(session.id)
    await env.DB.batch([
      env.DB.prepare(`UPDATE orders SET status = 'Cancelled' WHERE id = ?`).bind(order.id),
      env.DB.prepare('DELETE FROM payments WHERE order_id = ?').bind(order.id),
      env.DB.prepare('DELETE FROM order_lines WHERE order_id = ?').bind(order.id),
      env.DB.prepare('DELETE FROM orders WHERE id = ?').bind(order.id),
    ])
    await stripe.events.deliverAll()
    await expect.poll(() => stripe.account.refunds()).toMatchObject([{ amount: 1000, status: 'succeeded' }])
    await stripe.events.deliverAll()
    expect((await ledgerOf(order)).map(([kind]) => kind)).toEqual(['paid', 'refund_requested', 'refunded'])
    expect((await ann.call('GET', `/api/orders/${order.id}/`)).status).toBe(404)
  })

  it('of another shop in the same account is left alone', async () => {
    const { order, session } = await anOpenPage()
    session.metadata = { ...session.metadata, kiosk_shop: 'another', kiosk_payment: 'another' }
    stripe.account.pay(session.id)
    await env.DB.prepare('UPDATE payments SET session_id = NULL WHERE order_id = ?').bind(order.id).run()
    const [completed] = stripe.events.undelivered
    expect(await deliver(completed!)).toBe(204)
    expect(await ledgerOf(order)).toEqual([])
    expect(stripe.account.refunds()).toEqual([])
  })

  it('of the shop that this one is a copy of is left alone', async () => {
    const { ann, order, session } = await anOpenPage()
    session.metadata = { ...session.metadata, kiosk_shop: 'the original' }
    await env.DB.prepare(`UPDATE payments SET state = 'expired', url = NULL WHERE order_id = ?`)
      .bind(order.id)
      .run()
    expect((await staffMoves(order, 'Cancelled')).status).toBe(200)
    stripe.account.pay(session.id)
    const [completed] = stripe.events.undelivered
    expect(await deliver(completed!)).toBe(204)
    expect((await reread(ann, order)).payment.status).toBe('cancelled')
    expect(await ledgerOf(order)).toEqual([])
    expect(stripe.account.refunds()).toEqual([])
  })

  it('of an attempt that was given up counts all the same', async () => {
    const { ann, order, session } = await anOpenPage()
    await env.DB.prepare(`UPDATE payments SET state = 'expired', session_id = NULL WHERE order_id = ?`)
      .bind(order.id)
      .run()
    const second = await opensPage(ann, order)
    expect(second.status).toBe(200)
    stripe.account.pay(session.id)
    await stripe.events.deliverAll()
    expect((await reread(ann, order)).payment.status).toBe('paid')
    // The second page can still be paid: that money goes back.
    stripe.account.pay(sessionsOf(order)[0]!.id)
    const after = await settles(ann, order)
    expect(after.payment).toMatchObject({ status: 'paid', refunded: '10.00' })
    expect((await staffMoves(order, 'Shipped')).status).toBe(200)
    await agrees(order)
  })

  it('twice, of which the bank took one back, leaves the other to go back when the order is cancelled', async () => {
    const { ann, order, session } = await anOpenPage()
    await env.DB.prepare(`UPDATE payments SET state = 'expired', session_id = NULL WHERE order_id = ?`)
      .bind(order.id)
      .run()
    await opensPage(ann, order)
    const [second] = sessionsOf(order)
    for (const { id } of [session, second!]) stripe.account.pay(id)
    const intent = sessionsOf(order).find(({ id }) => id === second!.id)!.payment_intent as string
    const dispute = stripe.account.openDispute(intent)
    stripe.account.closeDispute(dispute.id, 'lost')
    await stripe.events.deliverAll()
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'paid', refunded: '0.00' })
    await ann.cancels(order)
    expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: '10.00' })
    expect(stripe.account.refunds()).toMatchObject([{ amount: 1000, status: 'succeeded' }])
    await env.DB.exec('UPDATE payments SET changed_at = 1')
    await env.DB.exec('UPDATE orders SET updated_at = 1')
    expect(await integrityViolations()).toEqual({})
  })
})

describe('an event', () => {
  it('is answered 2xx only when it has been applied', async () => {
    const { ann, order, session } = await anOpenPage()
    stripe.account.pay(session.id)
    const [completed] = stripe.events.undelivered
    stripe.faults.api = () => 'lost before'
    expect(await deliver(completed!)).toBe(503)
    stripe.faults.api = () => undefined
    expect((await reread(ann, order)).payment.status).toBe('due')
    expect(await deliver(completed!)).toBe(204)
    expect((await settles(ann, order)).payment.status).toBe('paid')
  })

  it('without a valid signature of the last minutes is refused', async () => {
    const { ann, order, session } = await anOpenPage()
    stripe.account.pay(session.id)
    const [completed] = stripe.events.undelivered
    const body = JSON.stringify(completed)
    const at = async (seconds: number) => (await signed(body, seconds)).headers.get('Stripe-Signature')!
    const header = await at(0)
    const refused: [body: string, header: string | undefined][] = [
      [body, undefined],
      [body, ''],
      [body, 'v1=1'],
      [body, header.replace(/v1=./, 'v1=g')],
      [`${body} `, header],
      [body, await at(-301)],
      [body, await at(3600)],
      [body, `t=${Math.floor(Date.now() / 1000)},${await at(3600)}`],
      [body, `t=99999999999999,v1=1`],
      ['{}', header],
    ]
    for (const [sent, signature] of refused) {
      const headers: Record<string, string> = signature === undefined ? {} : { 'Stripe-Signature': signature }
      expect(await call('POST', ENDPOINT, { body: sent, headers })).toBeProblem(400, 'signature_invalid')
    }
    const large = 'x'.repeat(257 * 1024)
    expect(await post(ENDPOINT, large, { headers: { 'Stripe-Signature': header } })).toBeProblem(
      400,
      'signature_invalid',
    )
    expect((await reread(ann, order)).payment.status).toBe('due')
    expect((await post(ENDPOINT, body, { headers: { 'Stripe-Signature': await at(0) } })).status).toBe(204)
    expect((await reread(ann, order)).payment.status).toBe('paid')
  })

  it('of a kind that the shop does not know changes nothing', async () => {
    const { session } = await anOpenPage()
    stripe.account.pay(session.id)
    const event = { ...stripe.events.undelivered[0]!, id: 'evt_unknown', type: 'customer.created' }
    expect(await deliver(event as Parameters<typeof deliver>[0])).toBe(204)
  })

  it('needs neither a log-in nor a place among the limits of its address', async () => {
    const { ann, order, session } = await anOpenPage()
    stripe.account.pay(session.id)
    const limited = {
      ...env,
      RATE_LIMITING: 'on',
      LIMIT_ADDRESS: { limit: async () => ({ success: false }) },
    }
    const before = { RATE_LIMITING: env.RATE_LIMITING, LIMIT_ADDRESS: env.LIMIT_ADDRESS }
    Object.assign(env, limited)
    const stranger = { 'CF-Connecting-IP': '192.0.2.1' }
    const refused = await call('POST', ENDPOINT, { body: {}, headers: stranger })
    const [completed] = stripe.events.undelivered
    const accepted = await deliver(completed!)
    Object.assign(env, before)
    expect(refused).toBeProblem(429, 'too_many_requests')
    expect(accepted).toBe(204)
    expect((await settles(ann, order)).payment.status).toBe('paid')
  })
})
