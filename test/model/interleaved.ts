import * as fc from 'fast-check'
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { unique } from '../shop.ts'
import { opened, type Runs } from './run.ts'
import type { Shop } from './shop-model.ts'
import type { Reply, Sent, World } from './world.ts'

/** What two customers and staff do at once, each sent once or twice with one key. */
const act = fc.record({
  kind: fc.constantFrom('add', 'add', 'order', 'order', 'cancel', 'ship', 'take back', 'correct', 're-price'),
  who: fc.nat(1),
  product: fc.nat(2),
  amount: fc.integer({ min: 1, max: 3 }),
  twice: fc.boolean(),
})
type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never

const waves = fc.array(fc.array(act, { minLength: 2, maxLength: 8 }), { minLength: 1, maxLength: 4 })

/** An operation and its response. */
type Told = Act & { reply: Reply }

/**
 * Waves of simultaneous operations. No model can predict the outcome of a race, but the responses must add up to
 * what the shop has in the end, and the integrity check must find nothing.
 */
export async function runInterleaved({ runs, seed }: Runs): Promise<void> {
  await fc.assert(
    fc.asyncProperty(waves, async (planned) => {
      const { shop, world } = await opened()
      const told: Told[] = []
      for (const wave of planned) {
        const orders = await ordersOf(shop)
        told.push(...(await Promise.all(wave.map((each) => perform(shop, world, orders, each)))))
      }
      await expectToAddUp(shop, world, told)
      expect(await world.integrityViolations()).toEqual({})
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }), endOnFailure: true },
  )
}

async function ordersOf({ customers }: Shop): Promise<number[]> {
  const { results } = await env.DB.prepare('SELECT id FROM orders WHERE user_id IN (?, ?) ORDER BY id')
    .bind(...customers.map(({ id }) => id))
    .all<{ id: number }>()
  return results.map(({ id }) => id)
}

async function perform(shop: Shop, world: World, orders: number[], done: Act): Promise<Told> {
  const sent = requestOf(shop, world, orders, done)
  const first = world.send(sent)
  if (!done.twice) return { ...done, reply: await first }
  const replies = await Promise.all([first, world.send(sent)])
  const accepted = replies.filter(({ status }) => status < 300)
  if (sent.method === 'POST' && accepted.length === 2) {
    expect(accepted.filter(({ replayed }) => replayed)).toHaveLength(1)
  }
  return { ...done, reply: accepted[0] ?? replies[0] }
}

function requestOf({ products, customers }: Shop, world: World, orders: number[], done: Act): Sent {
  const { kind, who, product, amount } = done
  const order = orders[amount % Math.max(1, orders.length)] ?? 999_999_999
  const { id } = products[product]!
  const { delivery_option } = world
  const key = unique()
  const byCustomer = { method: 'POST', token: customers[who]!.access, key }
  const byStaff = { method: 'PATCH', token: world.staff, key }
  if (kind === 'add') return { ...byCustomer, path: '/api/cart/', body: { product_id: id, quantity: amount } }
  if (kind === 'order') return { ...byCustomer, path: '/api/orders/create/', body: { delivery_option } }
  if (kind === 'cancel') return { ...byCustomer, path: `/api/orders/${order}/cancel/`, body: undefined }
  const toOrder = { ...byStaff, path: `/api/admin/orders/${order}/` }
  if (kind === 'ship') return { ...toOrder, body: { status: 'Shipped' } }
  if (kind === 'take back') return { ...toOrder, body: { status: 'Pending' } }
  const body = kind === 'correct' ? { stock_delta: amount } : { price: amount }
  return { ...byStaff, path: `/api/admin/products/${id}/`, body }
}

/** Orders, their ends, stock and carts, from the answers alone. */
async function expectToAddUp(shop: Shop, world: World, told: Told[]): Promise<void> {
  const done = told.filter(({ reply }) => reply.status < 300)
  const bodies = (kind: string) => done.filter((each) => each.kind === kind).map(({ reply }) => reply.body)
  const cancelled = new Set<number>(bodies('cancel').map(({ order }) => order.id))
  const { products, carts, orders } = await world.state(shop)

  expect(orders.map(({ id }) => id)).toEqual(
    bodies('order')
      .map(({ id }) => id)
      .toSorted((a, b) => a - b),
  )
  for (const { id, status } of orders) expect(status === 'Cancelled').toBe(cancelled.has(id))

  for (const [index, { id, stock }] of shop.products.entries()) {
    const amounts = (kind: string) =>
      done.filter((each) => each.kind === kind && each.product === index).map(({ amount }) => amount)
    const ordered = (which: (order: number) => boolean): number[] =>
      bodies('order')
        .filter((order) => which(order.id))
        .flatMap(({ items }) => items)
        .filter((line) => line.product_id === id)
        .map(({ quantity }) => quantity)
    const inCarts = carts.filter(({ product_id }) => product_id === id).map(({ quantity }) => quantity)
    const sold = sum(ordered((order) => !cancelled.has(order)))

    expect(products.find((product) => product.id === id)?.stock).toBe(stock + sum(amounts('correct')) - sold)
    expect(sum(amounts('add'))).toBe(sum(inCarts) + sum(ordered(() => true)))
  }
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
