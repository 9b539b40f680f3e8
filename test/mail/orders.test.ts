import { describe, expect, it } from 'vitest'
import { aCustomer, anOrder, staffMoves } from '../shop.ts'
import { mailer, mailsAreSent, sendMails, to } from './post-office.ts'

sendMails()

describe('a shop that sends mail', () => {
  it('tells the customer of an order', async () => {
    const ann = await aCustomer()
    const order = await anOrder(ann)
    await staffMoves(order, 'Shipped')
    await mailer().wake()
    await mailsAreSent()
    expect(to(ann).map(({ subject }) => subject)).toEqual([
      `We have received your order ${order.id}`,
      `Your order ${order.id} is on its way`,
    ])
  })
})
