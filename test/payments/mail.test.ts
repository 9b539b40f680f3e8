import { expect, it } from 'vitest'
import { mailsAreSent, sendMails, to } from '../mail/post-office.ts'
import { staffMoves, theOwner } from '../shop.ts'
import { aDueOrder, aPaidOrder, opensPage, sessionsOf, settles, stripe, takePayments } from './paying-shop.ts'

takePayments()
sendMails()

const mailsTo = async (person: { email: string }) => {
  await mailsAreSent()
  return to(person).map(({ subject, text }) => `${subject}\n${text}`)
}

it('a customer gets a mail for the payment and one for each refund, with its amount', async () => {
  const { ann, order } = await aPaidOrder()
  const owner = await theOwner()
  for (const amount of ['3.00', '2.50']) {
    await owner.call('POST', `/api/admin/orders/${order.id}/refunds/`, { body: { amount } })
    await settles(ann, order)
  }
  expect(await mailsTo(ann)).toEqual([
    expect.stringContaining('Thank you for your order'),
    expect.stringContaining('We have received 10.00 EUR'),
    expect.stringContaining('We have refunded 3.00 EUR'),
    expect.stringContaining('We have refunded 2.50 EUR'),
  ])
})

it('a customer who has nothing to pay gets no mail for a payment', async () => {
  const { ann } = await aDueOrder(undefined, { price: '0.00' })
  expect(await mailsTo(ann)).toEqual([expect.stringContaining('Thank you for your order')])
})

it('a customer whose order is cancelled after the payment hears that the money comes back, and when it does', async () => {
  const { ann, order } = await aPaidOrder()
  stripe.account.refundsBecome = 'pending'
  await staffMoves(order, 'Cancelled')
  expect((await mailsTo(ann)).slice(2)).toEqual([expect.stringContaining('We will refund what you paid')])
  await expect.poll(() => stripe.account.refunds().length).toBe(1)
  stripe.account.settleRefund(stripe.account.refunds()[0]!.id)
  await settles(ann, order)
  expect((await mailsTo(ann)).slice(3)).toEqual([expect.stringContaining('We have refunded 10.00 EUR')])
})

it('a customer whose order is cancelled after the refund is promised no other one', async () => {
  const { ann, order } = await aPaidOrder()
  await (await theOwner()).call('POST', `/api/admin/orders/${order.id}/refunds/`, { body: {} })
  await settles(ann, order)
  await staffMoves(order, 'Cancelled')
  await settles(ann, order)
  expect((await mailsTo(ann)).slice(2)).toEqual([
    expect.stringContaining('We have refunded 10.00 EUR'),
    expect.stringMatching(/has been cancelled[^]*What you paid for it has been paid back\./),
  ])
})

it('money that does not pay the order is no payment in the mails, but its refund is', async () => {
  const { ann, order } = await aDueOrder()
  await opensPage(ann, order)
  stripe.account.pay(sessionsOf(order)[0]!.id, { amount: 400 })
  await settles(ann, order)
  expect(await mailsTo(ann)).toEqual([
    expect.stringContaining('We send it as soon as it is paid.'),
    expect.stringContaining('We have refunded 4.00 EUR'),
  ])
})
