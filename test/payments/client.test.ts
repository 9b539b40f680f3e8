import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { inMemory, kiosk } from '../../src/client/kiosk.ts'
import { toTokenPair } from '../../src/client/token-store.ts'
import { listen, listenAsStaff } from '../listening.ts'
import { ORIGIN } from '../http.ts'
import { type Person, theOwner } from '../shop.ts'
import { aDueOrder, sessionsOf, settles, stripe, takePayments } from './paying-shop.ts'

takePayments()

function clientOf({ access, refresh }: Person) {
  const tokens = inMemory()
  tokens.set(toTokenPair({ access, refresh }))
  return kiosk(ORIGIN, { tokens, fetch: (request) => exports.default.fetch(request) })
}

describe('the client', () => {
  it('opens the page to pay, refunds, and reads the ledger', async () => {
    const { ann, order } = await aDueOrder()
    const [shop, staff] = [clientOf(ann), clientOf(await theOwner())]
    const { url } = await shop.orders.pay(order.id, { success_url: `${ORIGIN}/thanks` })
    const [session] = sessionsOf(order)
    expect(session).toMatchObject({ url, success_url: `${ORIGIN}/thanks` })
    stripe.account.pay(session!.id)
    await settles(ann, order)
    await expect(shop.orders.pay(order.id)).rejects.toMatchObject({ code: 'order_paid', status: 409 })
    expect(await staff.admin.orders.refund(order.id, { amount: '4.00' })).toMatchObject({
      status: 'requested',
    })
    await expect(staff.admin.orders.refund(order.id, { amount: 7 })).rejects.toMatchObject({
      code: 'refund_too_large',
      body: { available: '6.00' },
    })
    const { results } = await staff.admin.orders.payments(order.id).first()
    expect(results.map(({ kind }) => kind)).toContain('refund_requested')
    expect(await staff.admin.orders.list({ payment: 'paid' }).first()).toMatchObject({ count: 1 })
  })
})

describe('live updates', () => {
  it('tell the customer and staff of a payment, with the status that the order had', async () => {
    const { ann, order } = await aDueOrder()
    const [hers, ours] = [await listen(ann.access), await listenAsStaff((await theOwner()).access)]
    await clientOf(ann).orders.pay(order.id)
    stripe.account.pay(sessionsOf(order)[0]!.id)
    await stripe.events.deliverAll()
    const paid = {
      type: 'order.payment_changed',
      status: 'Pending',
      order: { id: order.id, payment: { status: 'paid' } },
    }
    await expect.poll(() => hers.messages.at(-1)).toMatchObject(paid)
    await expect.poll(() => ours.messages.at(-1)).toMatchObject(paid)
  })
})
