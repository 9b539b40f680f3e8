import * as fc from 'fast-check'
import { expect } from 'vitest'
import { toMoney } from '../../src/money.ts'
import { claimsOf, contact, PASSWORD, unique } from '../shop.ts'
import type { Customer, Order, Product, Shop } from './shop-model.ts'
import type { Reply, Sent, World } from './world.ts'

/** One thing that somebody does: to the real shop, and to the model, which says what should come of it. */
type Act = fc.AsyncCommand<Shop, World>

/** The last request, so that it can be sent again. */
const last = new WeakMap<World, { sent: Sent; reply: Reply }>()

class Command implements Act {
  constructor(
    readonly name: string,
    readonly given: readonly number[],
    private readonly act: (shop: Shop, world: World) => Promise<void>,
    private readonly possible: (shop: Shop) => boolean = () => true,
  ) {}

  check(shop: Readonly<Shop>): boolean {
    return this.possible(shop)
  }

  run(shop: Shop, world: World): Promise<void> {
    return this.act(shop, world)
  }

  toString(): string {
    return `${this.name}(${this.given.join(', ')})`
  }
}

const pick = <T>(items: readonly T[], index: number): T => items[index % items.length]!

async function send(
  world: World,
  token: string | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<Reply> {
  const sent: Sent = { method, path, token, body, key: unique() }
  const reply = await world.send(sent)
  last.set(world, { sent, reply })
  return reply
}

const small = fc.nat(5)
const quantity = fc.integer({ min: 0, max: 6 })

export const commands = fc.oneof(
  { weight: 1, arbitrary: fc.constant(new Command('register', [], register)) },
  { weight: 2, arbitrary: fc.constant(new Command('come as a guest', [], comeAsGuest)) },
  {
    weight: 1,
    arbitrary: small.map(
      (g) =>
        new Command(
          'become an account',
          [g],
          (shop, world) => register(shop, world, pick(guestsOf(shop), g)),
          hasGuests,
        ),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(small, small).map(([g, c]) => {
      return new Command(
        'log in as',
        [g, c],
        (shop, world) => logIn(shop, world, pick(guestsOf(shop), g), pick(accountsOf(shop), c)),
        hasGuests,
      )
    }),
  },
  {
    weight: 14,
    arbitrary: fc.tuple(small, small, quantity).map(([c, p, q]) => {
      return new Command('add', [c, p, q], (shop, world) =>
        add(shop, world, pick(shop.customers, c), pick(shop.products, p), q + 1),
      )
    }),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(small, small, quantity).map(([c, p, q]) => {
      return new Command('change', [c, p, q], (shop, world) =>
        change(world, pick(shop.customers, c), pick(shop.products, p), q),
      )
    }),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(small, fc.boolean()).map(([c, seen]) => {
      return new Command('look', [c, Number(seen)], (shop, world) =>
        look(shop, world, pick(shop.customers, c), seen),
      )
    }),
  },
  {
    weight: 10,
    arbitrary: fc.tuple(small, fc.nat(4)).map(([c, off]) => {
      return new Command('order', [c, off], (shop, world) =>
        place(shop, world, pick(shop.customers, c), off === 4 ? 1 : 0),
      )
    }),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(small, small).map(([o, c]) => {
      return new Command(
        'cancel',
        [o, c],
        (shop, world) => cancel(shop, world, pick(shop.orders, o), pick(shop.customers, c)),
        hasOrders,
      )
    }),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(small, fc.nat(3)).map(([o, s]) => {
      const status = pick(['Shipped', 'Delivered', 'Cancelled', 'Pending'] as const, s)
      return new Command(
        status,
        [o],
        (shop, world) => move(shop, world, pick(shop.orders, o), status),
        hasOrders,
      )
    }),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(small, fc.integer({ min: -6, max: 6 })).map(([p, delta]) => {
      return new Command('correct', [p, delta], (shop, world) =>
        correct(world, pick(shop.products, p), delta),
      )
    }),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(small, fc.nat(9)).map(([p, stock]) => {
      return new Command('count', [p, stock], (shop, world) => edit(world, pick(shop.products, p), { stock }))
    }),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(small, fc.nat(5000)).map(([p, price]) => {
      return new Command('re-price', [p, price], (shop, world) =>
        edit(world, pick(shop.products, p), { price }),
      )
    }),
  },
  {
    weight: 2,
    arbitrary: fc.nat(900).map((price) => {
      return new Command('re-price delivery', [price], (shop, world) => editDelivery(shop, world, price))
    }),
  },
  {
    weight: 2,
    arbitrary: small.map(
      (p) => new Command('delete', [p], (shop, world) => remove(shop, world, pick(shop.products, p))),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(9), fc.nat(5000)).map(([stock, price]) => {
      return new Command('stock up', [stock, price], (shop, world) => create(shop, world, stock, price))
    }),
  },
  { weight: 5, arbitrary: fc.constant(new Command('retry', [], retry)) },
)

function hasOrders({ orders }: Shop): boolean {
  return orders.length > 0
}

const guestsOf = ({ customers }: Shop) => customers.filter(({ email }) => email === undefined)
const accountsOf = ({ customers }: Shop) => customers.filter(({ email }) => email !== undefined)
const hasGuests = (shop: Shop) => guestsOf(shop).length > 0

/** A guest who registers stays the same customer. */
async function register(shop: Shop, world: World, guest?: Customer): Promise<void> {
  const email = `${unique()}@example.com`
  const body = { email, password: PASSWORD, name: 'Somebody', phone: '1' }
  const reply = await send(world, guest?.access, 'POST', '/api/users/register/', body)
  expect(reply.status).toBe(201)
  if (guest) {
    expect(reply.body.id).toBe(guest.id)
    guest.email = email
    return
  }
  const tokens = await world.logIn(reply.body.id)
  shop.customers.push({ id: reply.body.id, email, ...tokens, cart: new Map(), removed: new Map() })
}

async function comeAsGuest(shop: Shop, world: World): Promise<void> {
  const { status, body } = await world.send({
    method: 'POST',
    path: '/api/users/guest/',
    token: undefined,
    body: undefined,
    key: unique(),
  })
  expect(status).toBe(201)
  const { user_id } = claimsOf(body.access)
  shop.customers.push({ id: user_id, ...body, cart: new Map(), removed: new Map() })
}

/** The account takes the cart of the guest. When the first answer was lost, the second one has nothing to tell. */
async function logIn(shop: Shop, world: World, guest: Customer, account: Customer): Promise<void> {
  await world.setPassword(account.id)
  const body = { email: account.email, password: PASSWORD, guest: guest.refresh }
  const faults = world.faults
  const reply = await world.send({
    method: 'POST',
    path: '/api/token/',
    token: undefined,
    body,
    key: unique(),
  })
  expect(reply.status).toBe(200)
  const told = shop.merge(guest, account)
  const mayBeRepeated = world.faults > faults && reply.body.merged.length === 0
  if (!mayBeRepeated) expect(reply.body.merged).toEqual(told)
  const cart = await world.send({
    method: 'GET',
    path: '/api/cart/',
    token: account.access,
    body: undefined,
    key: unique(),
  })
  for (const item of cart.body.items) {
    const [product, line] = [...account.cart].find(([{ id }]) => id === item.product.id)!
    account.cart.set(product, { ...line, line_id: item.id })
    expect(item.quantity).toBe(line.quantity)
  }
}

/** Null is the rate of the shop. */
const TAX_RATES = ['7.00', null, '0.00', '19.00', '5.50']

export async function create(shop: Shop, world: World, stock: number, price: number): Promise<void> {
  const tax_rate = pick(TAX_RATES, shop.products.length)
  const { category_id: category } = world
  const body = { name: 'Thing', description: '', price: toMoney(price), stock, category, tax_rate }
  const reply = await send(world, world.staff, 'POST', '/api/admin/products/', body)
  expect(reply.status).toBe(201)
  shop.products.push({ id: reply.body.id, price, stock, deleted: false })
}

async function add(
  shop: Shop,
  world: World,
  customer: Customer,
  product: Product,
  amount: number,
): Promise<void> {
  const reply = await send(world, customer.access, 'POST', '/api/cart/', {
    product_id: product.id,
    quantity: amount,
  })
  const line = customer.cart.get(product)
  if (product.deleted) return expect(reply.status).toBe(404)
  const wanted = (line?.quantity ?? 0) + amount
  if (wanted > product.stock)
    return expect(reply).toMatchObject({ status: 409, body: { available: product.stock } })
  expect(reply.status).toBe(line ? 200 : 201)
  const told = reply.body.items.find((item: { product: { id: number } }) => item.product.id === product.id)
  expect(told.quantity).toBe(wanted)
  customer.cart.set(product, { seen_price: product.price, ...line, quantity: wanted, line_id: told.id })
  return expect(reply.body.grand_total).toBe(toMoney(shop.totalOf(customer)))
}

async function change(world: World, customer: Customer, product: Product, amount: number): Promise<void> {
  const line = customer.cart.get(product)
  const path = `/api/cart/${line?.line_id ?? 999_999_999}/`
  const { status } = await send(world, customer.access, 'PATCH', path, { quantity: amount })
  if (!line) return expect(status).toBe(404)
  if (amount === 0) {
    // A removal whose answer was lost finds nothing to remove when it is tried again.
    expect([200, 404]).toContain(status)
    customer.cart.delete(product)
    return undefined
  }
  if (amount > product.stock) return expect(status).toBe(409)
  line.quantity = amount
  return expect(status).toBe(200)
}

/** Reads the cart and what has changed, and then tells the shop that the customer has seen it. */
async function look(shop: Shop, world: World, customer: Customer, seen: boolean): Promise<void> {
  const { body } = await send(world, customer.access, 'GET', '/api/cart/')
  const told: { kind: string; product_id: number; to: unknown }[] = body.changes
  const setOf = (changes: unknown[]) => new Set(changes.map((each) => JSON.stringify(each)))
  expect(setOf(told.map(({ kind, product_id, to }) => [kind, product_id, to]))).toEqual(
    setOf(shop.changesFor(customer)),
  )
  if (!seen) return
  const after = await send(world, customer.access, 'POST', '/api/cart/seen/', { changes: told })
  expect([after.status, after.body.changes]).toEqual([200, []])
  shop.see(customer)
}

async function place(shop: Shop, world: World, customer: Customer, off: number): Promise<void> {
  const total = shop.orderTotalOf(customer)
  const short = shop.shortOf(customer)
  const { status, body } = await send(world, customer.access, 'POST', '/api/orders/create/', {
    expected_total: toMoney(total + off),
    delivery_option: world.delivery_option,
    ...(customer.email === undefined && contact()),
  })
  if (customer.cart.size === 0) return expect(body.code).toBe('cart_empty')
  if (short.length > 0) {
    expect(status).toBe(409)
    const told = body.items.map(({ product_id }: { product_id: number }) => product_id)
    return expect(new Set(told)).toEqual(new Set(short))
  }
  if (off !== 0) return expect(body).toMatchObject({ code: 'total_changed', total_price: toMoney(total) })
  expect([status, body.total_price]).toEqual([201, toMoney(total)])
  expect(body.delivery.price).toBe(toMoney(total - shop.totalOf(customer)))
  shop.place(customer, body.id)
  return undefined
}

async function cancel(shop: Shop, world: World, order: Order, customer: Customer): Promise<void> {
  const { status } = await send(world, customer.access, 'POST', `/api/orders/${order.id}/cancel/`)
  if (order.customer !== customer) return expect(status).toBe(404)
  return expect(status).toBe(shop.move(order, 'Cancelled') ? 200 : 409)
}

async function move(shop: Shop, world: World, order: Order, to: Order['status']): Promise<void> {
  const { status } = await send(world, world.staff, 'PATCH', `/api/admin/orders/${order.id}/`, { status: to })
  const possible = order.status === to || shop.move(order, to)
  return expect(status).toBe(possible ? 200 : 409)
}

async function correct(world: World, product: Product, delta: number): Promise<void> {
  const { status } = await send(world, world.staff, 'PATCH', `/api/admin/products/${product.id}/`, {
    stock_delta: delta,
  })
  if (product.deleted) return expect(status).toBe(404)
  if (product.stock + delta < 0) return expect(status).toBe(409)
  product.stock += delta
  return expect(status).toBe(200)
}

async function edit(
  world: World,
  product: Product,
  edited: { stock: number } | { price: number },
): Promise<void> {
  const body = 'price' in edited ? { price: toMoney(edited.price) } : edited
  const { status } = await send(world, world.staff, 'PATCH', `/api/admin/products/${product.id}/`, body)
  if (product.deleted) return expect(status).toBe(404)
  Object.assign(product, edited)
  return expect(status).toBe(200)
}

async function editDelivery(shop: Shop, world: World, price: number): Promise<void> {
  const path = `/api/admin/delivery-options/${world.delivery_option}/`
  const { status } = await send(world, world.staff, 'PATCH', path, { price: toMoney(price) })
  expect(status).toBe(200)
  shop.delivery.price = price
}

async function remove(shop: Shop, world: World, product: Product): Promise<void> {
  const { status } = await send(world, world.staff, 'DELETE', `/api/admin/products/${product.id}/`)
  expect(product.deleted ? [404] : [200, 404]).toContain(status) // 404 also when the first answer was lost
  if (!product.deleted) shop.remove(product)
}

/** The same request with the same key: the same status, the same thing, and nothing happens. */
async function retry(_: Shop, world: World): Promise<void> {
  const before = last.get(world)
  if (!before || before.sent.method !== 'POST' || before.reply.status >= 300) return
  if (before.sent.path === '/api/cart/seen/') return // takes no key
  const again = await world.send(before.sent)
  expect(again).toMatchObject({ status: before.reply.status, replayed: true })
  expect(again.body.id).toBe(before.reply.body.id)
}
