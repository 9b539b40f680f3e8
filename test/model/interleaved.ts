import * as fc from 'fast-check'
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { unique } from '../shop.ts'
import { opened, type Runs } from './run.ts'
import type { Reply } from './world.ts'

/** What two customers and staff do at once, each sent once or twice with one key. */
const act = fc.record({
  kind: fc.constantFrom('add', 'add', 'order', 'order', 'cancel', 'ship', 'correct', 're-price'),
  who: fc.nat(1),
  product: fc.nat(2),
  amount: fc.integer({ min: 1, max: 3 }),
  twice: fc.boolean(),
})

interface Told {
  kind: string
  who: number
  product: number
  amount: number
  reply: Reply
}

/**
 * Waves of acts, those of a wave all at once. No model can say what comes of a race, but whatever
 * everybody was told must add up to what the shop has in the end, and the audit must be clean.
 */
export async function runInterleaved({ runs, seed }: Runs): Promise<void> {
  const waves = fc.array(fc.array(act, { minLength: 2, maxLength: 8 }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(waves, async (planned) => {
      const { shop, world } = await opened()
      const { products, customers } = shop
      const told: Told[] = []
      for (const wave of planned) {
        const orders = await env.DB.prepare('SELECT id FROM orders WHERE user_id IN (?, ?) ORDER BY id')
          .bind(customers[0]!.id, customers[1]!.id)
          .all<{ id: number }>()
        const answers = wave.map(async (planned_act) => {
          const { kind, who, product, amount, twice } = planned_act
          const thing = products[product]!
          const order = orders.results[amount % Math.max(1, orders.results.length)]?.id ?? 999_999_999
          const [method, path, body, token] = {
            add: ['POST', '/api/cart/', { product_id: thing.id, quantity: amount }, customers[who]!.access],
            order: ['POST', '/api/orders/create/', {}, customers[who]!.access],
            cancel: ['POST', `/api/orders/${order}/cancel/`, undefined, customers[who]!.access],
            ship: ['PATCH', `/api/admin/orders/${order}/`, { status: 'Shipped' }, world.staff],
            correct: ['PATCH', `/api/admin/products/${thing.id}/`, { stock_delta: amount }, world.staff],
            're-price': ['PATCH', `/api/admin/products/${thing.id}/`, { price: amount }, world.staff],
          }[kind]! as [string, string, unknown, string]
          const sent = { method, path, body, token, key: unique() }
          const [reply, again] = await Promise.all([world.send(sent), ...(twice ? [world.send(sent)] : [])])
          // Of two with one key, at most one is the first.
          if (again && reply!.status < 300 && again.status < 300 && sent.method === 'POST') {
            expect(Number(reply!.replayed) + Number(again.replayed)).toBe(1)
          }
          const counted = reply!.status < 300 ? reply! : (again ?? reply!)
          told.push({ kind, who, product, amount, reply: counted })
        })
        await Promise.all(answers)
      }

      const done = told.filter(({ reply }) => reply.status < 300)
      const placed = new Map(
        done.filter(({ kind }) => kind === 'order').map(({ reply }) => [reply.body.id as number, reply.body]),
      )
      const cancelled = new Set(
        done.filter(({ kind }) => kind === 'cancel').map(({ reply }) => reply.body.order.id as number),
      )
      const state = (await world.state(shop)) as {
        products: { id: number; stock: number }[]
        carts: { user_id: number; product_id: number; quantity: number }[]
        orders: { id: number; status: string }[]
      }
      expect(state.orders.map(({ id }) => id)).toEqual([...placed.keys()].toSorted((a, b) => a - b))
      for (const { id, status } of state.orders) expect(status === 'Cancelled').toBe(cancelled.has(id))
      for (const [index, { id, stock }] of products.entries()) {
        const lines = [...placed].flatMap(([order, { items }]) =>
          items
            .filter(({ product_id }: { product_id: number }) => product_id === id)
            .map(({ quantity }: { quantity: number }) => ({ quantity, back: cancelled.has(order) })),
        )
        const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)
        const amounts = (kind: string) =>
          done.filter((each) => each.kind === kind && each.product === index).map(({ amount }) => amount)
        const sold = sum(lines.filter(({ back }) => !back).map(({ quantity }) => quantity))
        expect(state.products.find((product) => product.id === id)!.stock).toBe(
          stock + sum(amounts('correct')) - sold,
        )
        const inCarts = state.carts
          .filter(({ product_id }) => product_id === id)
          .map(({ quantity }) => quantity)
        expect(sum(amounts('add'))).toBe(sum(inCarts) + sum(lines.map(({ quantity }) => quantity)))
      }
      expect(await world.audit()).toEqual({})
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }), endOnFailure: true },
  )
}
