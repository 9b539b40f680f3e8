import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { toCents } from '../../src/money.ts'
import { aCustomer, aDeliveryOption, aProduct, theOwner } from '../shop.ts'
import { opensPage, reread, sessionsOf, settles, stripe, takePayments } from './paying-shop.ts'

takePayments()

interface PriceData {
  unit_amount: number
  product_data: { name: string }
}

/** What the shop asks Stripe for, line by line. */
async function linesOf(order: { id: number }): Promise<PriceData[]> {
  const parameters = await env.DB.prepare('SELECT parameters FROM payments WHERE order_id = ?')
    .bind(order.id)
    .first<string>('parameters')
  const { line_items } = JSON.parse(parameters!) as { line_items: { price_data: PriceData }[] }
  return line_items.map(({ price_data }) => price_data)
}

describe('the payment of an order with delivery', () => {
  it.each([
    ['10.00', '4.90', '14.90', [1000, 490]],
    ['0.00', '4.90', '4.90', [490]],
    ['10.00', '0.00', '10.00', [1000]],
  ])(
    'of goods for %s and delivery for %s is %s, and so is its refund',
    async (price, fee, total, amounts) => {
      const option = await aDeliveryOption({ name: 'Parcel', price: fee, active: true })
      const ann = await aCustomer()
      await ann.adds(await aProduct({ price }))
      const { body: order } = await ann.orders({ delivery_option: option.id })
      expect(order.payment).toMatchObject({ status: 'due', amount: total })
      await opensPage(ann, order)
      const [session] = sessionsOf(order)
      expect(session!.amount_total).toBe(toCents(total))
      const lines = await linesOf(order)
      expect(lines.map(({ unit_amount }) => unit_amount)).toEqual(amounts)
      if (fee !== '0.00') expect(lines.at(-1)!.product_data.name).toBe('Delivery: Parcel')

      stripe.account.pay(session!.id)
      expect((await settles(ann, order)).payment.status).toBe('paid')
      const owner = await theOwner()
      const refunds = (amount: string) =>
        owner.call('POST', `/api/admin/orders/${order.id}/refunds/`, { body: { amount } })
      const more = (Number(total) + 0.01).toFixed(2)
      expect(await refunds(more)).toBeProblem(409, 'refund_too_large', { available: total })
      expect((await refunds(total)).status).toBe(202)
      expect((await settles(ann, order)).payment).toMatchObject({ status: 'refunded', refunded: total })
      expect((await reread(ann, order)).delivery).toEqual({ name: 'Parcel', price: fee })
      await owner.call('DELETE', `/api/admin/delivery-options/${option.id}/`)
    },
  )
})
