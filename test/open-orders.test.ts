import { createExecutionContext, createScheduledController, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { app } from '../src/app.ts'
import { Db } from '../src/db/client.ts'
import type { Bindings } from '../src/env.ts'
import worker from '../src/index.ts'
import { cancelStaleOrders } from '../src/orders/cancel-stale-orders.ts'
import { settingsOf } from '../src/settings.ts'
import { integrityViolations } from './integrity.ts'
import {
  aCustomer,
  aGuest,
  anOrder,
  aProduct,
  contact,
  type Person,
  simultaneously,
  staffMoves,
  stockOf,
  theOwner,
  unique,
} from './shop.ts'

const HOUR = 3_600_000

/** Places the order of a cart in a shop with these settings. */
async function orders(person: Person, settings: Partial<Bindings>, body?: object) {
  const request = new Request('https://shop.example/api/orders/create/', {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${person.access}`,
      ...(body && { 'Content-Type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const context = createExecutionContext()
  const answer = await app.fetch(request, { ...env, ...settings }, context)
  await waitOnExecutionContext(context)
  // oxlint-disable-next-line typescript/no-explicit-any -- looked into freely
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as any }
}

async function runsHourly(settings: Partial<Bindings> = {}): Promise<void> {
  await worker.scheduled(createScheduledController(), { ...env, ...settings })
}

/** Moves what happened to an order so far into the past. */
const age = (order: { id: number }, hours: number) =>
  env.DB.prepare('UPDATE orders SET created_at = created_at - ?1, updated_at = updated_at - ?1 WHERE id = ?2')
    .bind(hours * HOUR, order.id)
    .run()

describe('what one account may have open', () => {
  it.each([
    ['MAX_OPEN_ORDERS', '2', { orders: 2, units: null, value: null }],
    ['MAX_OPEN_UNITS', '6', { orders: null, units: 6, value: null }],
    ['MAX_OPEN_VALUE', '60.00', { orders: null, units: null, value: '60.00' }],
  ])('is bounded by %s', async (name, value, limit) => {
    const ann = await aCustomer()
    const product = await aProduct({ price: '10.00', stock: 100 })
    const buys = async () => {
      await ann.adds(product, 3)
      return orders(ann, { [name]: value })
    }
    const first = await buys()
    expect([first.status, (await buys()).status]).toEqual([201, 201])
    const refusal = await buys()
    expect(refusal).toMatchObject({
      status: 409,
      body: { code: 'too_many_open_orders', limit, open: { orders: 2, units: 6, value: '60.00' } },
    })
    expect(await stockOf(product)).toBe(94)
    expect((await ann.cart()).items).toHaveLength(1)

    await ann.cancels(first.body)
    expect((await orders(ann, { [name]: value })).status).toBe(201)
    expect(await integrityViolations()).toEqual({})
  })

  it('does not count shipped orders or other accounts', async () => {
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    const product = await aProduct()
    const order = await anOrder(ann, product)
    await ann.adds(product)
    await bob.adds(product)
    expect((await orders(bob, { MAX_OPEN_ORDERS: '1' })).status).toBe(201)
    expect((await orders(ann, { MAX_OPEN_ORDERS: '1' })).status).toBe(409)
    await staffMoves(order, 'Shipped')
    expect((await orders(ann, { MAX_OPEN_ORDERS: '1' })).status).toBe(201)
  })

  it('counts again what staff take back', async () => {
    const ann = await aCustomer()
    const product = await aProduct()
    const order = await anOrder(ann, product, 2)
    await staffMoves(order, 'Shipped')
    await staffMoves(order, 'Pending')
    await ann.adds(product)
    expect(await orders(ann, { MAX_OPEN_ORDERS: '1' })).toMatchObject({
      status: 409,
      body: { code: 'too_many_open_orders', open: { orders: 1, units: 2, value: '20.00' } },
    })
    expect(await integrityViolations()).toEqual({})
  })

  it('applies to simultaneous orders', async () => {
    const ann = await aCustomer()
    await ann.adds(await aProduct({ stock: 10 }))
    const answers = await simultaneously(5, () => orders(ann, { MAX_OPEN_ORDERS: '1' }))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  })

  it.each([
    ['MAX_OPEN_ORDERS', '2'],
    ['MAX_OPEN_UNITS', '6'],
    ['MAX_OPEN_VALUE', '60.00'],
  ])('is bounded by %s for all guests with one e-mail', async (name, value) => {
    const product = await aProduct({ price: '10.00', stock: 100 })
    const email = `gus-${unique()}@example.com`
    const buys = async (given: string, buyer?: Person) => {
      const guest = buyer ?? (await aGuest())
      await guest.adds(product, 3)
      return orders(guest, { [name]: value }, { ...contact(), email: given })
    }
    const first = await buys(email)
    expect([first.status, (await buys(email.toUpperCase())).status]).toEqual([201, 201])
    // The answer tells this guest nothing of the others.
    expect(await buys(email)).toMatchObject({
      status: 409,
      body: { code: 'too_many_open_orders', open: { orders: 0, units: 0, value: '0.00' } },
    })
    expect((await buys(contact().email)).status).toBe(201)
    // A guest with this address keeps no account from ordering.
    const account = await aCustomer()
    await env.DB.prepare('UPDATE users SET email = ?1, email_key = ?1 WHERE id = ?2')
      .bind(email, account.id)
      .run()
    expect((await buys(email, account)).status).toBe(201)
    await staffMoves(first.body, 'Cancelled')
    expect((await buys(email)).status).toBe(201)
  })

  it('has a limit only where one is set, and names a setting that is wrong', () => {
    expect(settingsOf({ MAX_OPEN_ORDERS: '' }).open_orders.orders).toBeUndefined()
    for (const wrong of ['0', '-1', '1.5', 'many', '1e3'])
      expect(() => settingsOf({ MAX_OPEN_ORDERS: wrong })).toThrow('MAX_OPEN_ORDERS')
    expect(() => settingsOf({ MAX_OPEN_VALUE: '1,000' })).toThrow('MAX_OPEN_VALUE')
  })
})

describe('orders that stay pending', () => {
  it('are cancelled and restocked by the shop itself after the age that the operator set, once', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 5 })
    const [stale, shipped] = [await anOrder(ann, product), await anOrder(ann, product)]
    await staffMoves(shipped, 'Shipped')
    const settings = { CANCEL_PENDING_AFTER_HOURS: '24' }
    await age(stale, 23)
    await age(shipped, 25)
    await runsHourly(settings)
    expect(await stockOf(product)).toBe(3)
    await age(stale, 2)
    await runsHourly(settings)
    await runsHourly(settings)
    expect(await stockOf(product)).toBe(4)
    const statuses = new Map((await ann.orderHistory()).map(({ id, status }) => [id, status]))
    expect([statuses.get(stale.id), statuses.get(shipped.id)]).toEqual(['Cancelled', 'Shipped'])
    const { body } = await (await theOwner()).call('GET', `/api/admin/orders/${stale.id}/events/`)
    expect(body.results[0]).toMatchObject({ from: 'Pending', to: 'Cancelled', actor: null })
    expect(await integrityViolations()).toEqual({})
  })

  it('are pending anew from the moment that staff take them back', async () => {
    const ann = await aCustomer()
    const order = await anOrder(ann)
    await staffMoves(order, 'Shipped')
    await age(order, 30)
    await staffMoves(order, 'Pending')
    await runsHourly({ CANCEL_PENDING_AFTER_HOURS: '24' })
    const status = async () => (await ann.orderHistory()).find(({ id }) => id === order.id).status
    expect(await status()).toBe('Pending')
    await age(order, 25)
    await runsHourly({ CANCEL_PENDING_AFTER_HOURS: '24' })
    expect(await status()).toBe('Cancelled')
  })

  it('stay for ever where no age is set', async () => {
    const ann = await aCustomer()
    const order = await anOrder(ann)
    await age(order, 10_000)
    await runsHourly()
    expect((await ann.orderHistory()).find(({ id }) => id === order.id).status).toBe('Pending')
  })

  it('wait for the next run when the time is used up, and the line of the job says how many', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 5 })
    for (let n = 0; n < 3; n += 1) await age(await anOrder(ann, product), 20_000)
    const before = Date.now() - 15_000 * HOUR
    const outOfTime = await cancelStaleOrders(new Db(env.DB), before, Date.now(), { budget_milliseconds: 0 })
    expect([outOfTime, await stockOf(product)]).toEqual([{ cancelled: [], failed: 0, waiting: 3 }, 2])
    const info = vi.spyOn(console, 'info')
    await runsHourly({ CANCEL_PENDING_AFTER_HOURS: '15000' })
    const line = JSON.parse(info.mock.lastCall![0] as string)
    expect([line.orders, await stockOf(product)]).toEqual([{ cancelled: 3, failed: 0, waiting: 0 }, 5])
  })
})

// Last, because its orders have no events.
it('placing an order as a guest costs no more after many orders with an e-mail that are no longer open', async () => {
  const [product, { email, ship_to }] = [await aProduct({ stock: 100 }), contact()]
  const rowsOf = async () => {
    const guest = await aGuest()
    await guest.adds(product)
    const { status, headers } = await orders(guest, { MAX_OPEN_ORDERS: '2' }, { email, ship_to })
    expect(status).toBe(201)
    return Number(/rows_read=(\d+)/.exec(headers.get('Server-Timing')!)![1])
  }
  const first = await rowsOf()
  await env.DB.prepare(
    `INSERT INTO orders (user_id, email, guest_email_key, status, total_cents, ship_name, ship_phone, created_at, updated_at)
     SELECT user_id, email, guest_email_key, 'Cancelled', 0, '', '', 0, 0 FROM orders, json_each(?)
     WHERE email = ?`,
  )
    .bind(JSON.stringify(Array.from({ length: 500 }, () => 0)), email)
    .run()
  expect(await rowsOf()).toBeLessThan(first + 10)
})
