import { hash } from 'node:crypto'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import document from '../public/openapi.json'
import { noAddressFields } from '../src/accounts/openapi.ts'
import { aPicture, uploads } from './a-picture.ts'
import { type Answer, call, usageOf } from './http.ts'
import {
  aCategory,
  aCustomer,
  anOrder,
  aProduct,
  countBy,
  PASSWORD,
  type Person,
  simultaneously,
  stockOf,
  theOwner,
  unique,
} from './shop.ts'

/** A request that accepts a key, new for each test: how to send it, and how often it has taken effect. */
interface Keyed {
  send(key: string, body?: unknown): Promise<Answer>
  effects(): Promise<number>
  /** A different valid body. */
  other?: unknown
}

const counting = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(`SELECT count(*) AS n FROM ${sql}`)
    .bind(...values)
    .first<number>('n')
    .then(Number)

let ann: Person
let owner: Person
beforeAll(async () => {
  ;[ann, owner] = [await aCustomer(), await theOwner()]
})

function keyed(person: Person | undefined, method: string, path: string, first?: unknown) {
  return (key: string, body = first) =>
    person
      ? person.call(method, path, { body, headers: { 'Idempotency-Key': key } })
      : call(method, path, { body, headers: { 'Idempotency-Key': key } })
}

const sha256 = (body: object) => hash('sha256', JSON.stringify(body), 'base64url')

async function aKeyedRegistration() {
  const account = { email: `${unique()}@example.com`, password: PASSWORD, name: 'Ann', phone: '1' }
  const key = unique()
  const send = () => keyed(undefined, 'POST', '/api/users/register/', account)(key)
  expect((await send()).status).toBe(201)
  const row = env.DB.prepare('SELECT body_hash FROM idempotency_keys WHERE key = ?').bind(key)
  return { account, key, send, bodyHash: () => row.first<string>('body_hash') }
}

const routes: Record<string, () => Promise<Keyed>> = {
  'POST /api/users/register/': async () => {
    const account = { email: `${unique()}@example.com`, password: PASSWORD, name: 'Ann', phone: '1' }
    return {
      send: keyed(undefined, 'POST', '/api/users/register/', account),
      effects: () => counting('users WHERE email_key = ?', account.email),
      other: { ...account, name: 'Bob' },
    }
  },
  'POST /api/cart/': async () => {
    const product = await aProduct({ stock: 100 })
    return {
      send: keyed(ann, 'POST', '/api/cart/', { product_id: product.id, quantity: 2 }),
      effects: async () => {
        const line = (await ann.cart()).items.find((item: Answer['body']) => item.product.id === product.id)
        return line ? line.quantity / 2 : 0
      },
      other: { product_id: product.id, quantity: 3 },
    }
  },
  'POST /api/orders/': async () => {
    const bob = await aCustomer()
    const product = await aProduct({ stock: 100 })
    await bob.adds(product)
    return {
      send: keyed(bob, 'POST', '/api/orders/'),
      effects: async () => 100 - (await stockOf(product)),
      other: {},
    }
  },
  'POST /api/orders/create/': async () => {
    const bob = await aCustomer()
    await bob.adds(await aProduct())
    return {
      send: keyed(bob, 'POST', '/api/orders/create/', { expected_total: 10 }),
      effects: () => counting('orders WHERE user_id = ?', bob.id),
      other: { expected_total: '10.00' },
    }
  },
  'POST /api/orders/{id}/cancel/': async () => {
    const product = await aProduct({ stock: 3 })
    const order = await anOrder(ann, product)
    return {
      send: keyed(ann, 'POST', `/api/orders/${order.id}/cancel/`),
      effects: async () => (await stockOf(product)) - 2,
    }
  },
  'POST /api/admin/products/': async () => {
    const category = await aCategory()
    const product = { name: 'Twice?', description: '', price: 1, stock: 1, category: category.id }
    return {
      send: keyed(owner, 'POST', '/api/admin/products/', product),
      effects: () => counting('products WHERE category_id = ?', category.id),
      other: { ...product, price: 2 },
    }
  },
  'PATCH /api/admin/products/{id}/': async () => {
    const product = await aProduct({ stock: 50 })
    return {
      send: keyed(owner, 'PATCH', `/api/admin/products/${product.id}/`, { stock_delta: -5 }),
      effects: async () => (50 - (await stockOf(product))) / 5,
      other: { stock_delta: -6 },
    }
  },
  'PUT /api/admin/products/{id}/': async () => {
    const { id, name } = await aProduct({ stock: 50 })
    const { id: category } = await aCategory()
    const product = { name, description: '', price: 1, stock: 40, category }
    return {
      send: keyed(owner, 'PUT', `/api/admin/products/${id}/`, product),
      effects: () => counting(`stock_movements WHERE reason = 'stock-take' AND product_id = ?`, id),
      other: { ...product, stock: 41 },
    }
  },
  'POST /api/admin/products/{id}/pictures/': async () => {
    const product = await aProduct()
    const [bytes, other] = [await aPicture(), await aPicture()]
    return {
      send: (key, body = bytes) =>
        uploads(product, body as Uint8Array, { 'Content-Type': 'image/png', 'Idempotency-Key': key }),
      effects: () => counting('product_pictures WHERE product_id = ?', product.id),
      other,
    }
  },
  'POST /api/admin/categories/': async () => {
    const name = `Once ${unique()}`
    return {
      send: keyed(owner, 'POST', '/api/admin/categories/', { name }),
      effects: () => counting('categories WHERE name = ?', name),
      other: { name, description: 'Other' },
    }
  },
  'POST /api/admin/delivery-options/': async () => {
    const name = `Once ${unique()}`
    return {
      send: keyed(owner, 'POST', '/api/admin/delivery-options/', { name, price: '1.00', active: false }),
      effects: () => counting('delivery_options WHERE name = ?', name),
      other: { name, price: '2.00', active: false },
    }
  },
}

describe('Idempotency-Key', () => {
  it('is accepted by every route that creates or moves something', () => {
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations as Record<string, { parameters: { name: string }[] }>)
        .filter(([, { parameters }]) => parameters.some(({ name }) => name === 'Idempotency-Key'))
        .map(([method]) => `${method.toUpperCase()} ${path}`),
    )
    const refunds = 'POST /api/admin/orders/{id}/refunds/' // test/payments/refunds.test.ts
    expect(documented.toSorted()).toEqual([...Object.keys(routes), refunds].toSorted())
  })

  describe.each(Object.entries(routes))('%s', (route, make) => {
    it('has one effect, and answers a repeat with the first status and the same resource', async () => {
      const { send, effects } = await make()
      const key = unique()
      const first = await send(key)
      expect([200, 201]).toContain(first.status)
      const repeat = await send(key)
      expect(repeat).toMatchObject({ status: first.status, body: first.body })
      expect(repeat.headers.get('Location')).toBe(first.headers.get('Location'))
      expect([first, repeat].map(({ headers }) => headers.get('Idempotent-Replayed'))).toEqual([null, 'true'])
      expect(await effects()).toBe(1)
      // The batch is rolled back; then come the row of the key and, except of a registration, the resource.
      const more = route === 'POST /api/users/register/' ? 1 : 2
      expect(usageOf(repeat).round_trips).toBe(usageOf(first).round_trips + more)
    })

    it('has one effect when duplicates are simultaneous', async () => {
      const { send, effects } = await make()
      const key = unique()
      const answers = await simultaneously(5, () => send(key))
      expect(new Set(answers.map(({ status }) => status)).size).toBe(1)
      expect(countBy(answers, ({ headers }) => headers.get('Idempotent-Replayed') ?? 'first')).toEqual({
        first: 1,
        true: 4,
      })
      expect(await effects()).toBe(1)
    })
  })

  it.each(Object.entries(routes).filter(([name]) => !name.includes('cancel')))(
    '%s refuses another body',
    async (_, make) => {
      const { send, effects, other } = await make()
      const key = unique()
      await send(key)
      expect(await send(key, other)).toBeProblem(422, 'idempotency_key_reused')
      expect(await effects()).toBe(1)
    },
  )

  it('is scoped to its target: the same key for another order or product is another request', async () => {
    const [one, other] = [await anOrder(ann), await anOrder(ann)]
    const key = unique()
    for (const { id } of [one, other]) {
      const { body } = await keyed(ann, 'POST', `/api/orders/${id}/cancel/`)(key)
      expect(body.order).toMatchObject({ id, status: 'Cancelled' })
    }
  })

  it('is scoped to its method: PUT with the key and body of a PATCH is another request', async () => {
    const { id, name } = await aProduct({ stock: 50 })
    const { id: category } = await aCategory()
    const product = { name, description: '', price: 1, stock: 40, category }
    const key = unique()
    for (const method of ['PATCH', 'PUT']) {
      const { status, headers } = await keyed(owner, method, `/api/admin/products/${id}/`, product)(key)
      expect([status, headers.get('Idempotent-Replayed')]).toEqual([200, null])
    }
  })

  it('is free again after a refusal of any kind', async () => {
    const key = unique()
    const adding = (product_id: number, quantity: number) =>
      keyed(ann, 'POST', '/api/cart/', { product_id, quantity })(key)
    const product = await aProduct({ stock: 2 })
    expect((await adding(999_999, 1)).status).toBe(404)
    expect((await adding(product.id, 3)).status).toBe(409)
    expect((await adding(product.id, 0)).status).toBe(400)
    expect((await adding(product.id, 2)).status).toBe(201)

    const order = await anOrder(ann)
    await ann.cancels(order)
    const cancelling = keyed(ann, 'POST', `/api/orders/${order.id}/cancel/`)
    for (let n = 0; n < 2; n += 1)
      expect(await cancelling(key)).toMatchObject({ status: 409, body: { order: { id: order.id } } })
    expect((await keyed(owner, 'PATCH', '/api/admin/products/999999/', { stock_delta: 1 })(key)).status).toBe(
      404,
    )
    expect(await counting('idempotency_keys WHERE key = ?', key)).toBe(1)
  })

  it('is not mistaken for a used key because of the name of a product', async () => {
    const bob = await aCustomer()
    const name = `constraint failed: idempotency_keys.user_id ${unique()}`
    const product = await aProduct({ name, stock: 1 })
    await bob.adds(product)
    await anOrder(undefined, product)
    expect(await bob.orders(undefined, { 'Idempotency-Key': unique() })).toBeProblem(
      409,
      'insufficient_stock',
      { items: [{ product_id: product.id, product: name, requested: 1, available: 0 }] },
    )
  })

  it('of a registration answers with its body, not with the account as it is now', async () => {
    const account = { email: `${unique()}@example.com`, password: PASSWORD, name: 'Ann', phone: '1' }
    const send = keyed(undefined, 'POST', '/api/users/register/', { ...account, address: 'Here' })
    const key = unique()
    const { body: first } = await send(key)
    await env.DB.prepare(`UPDATE users SET name = 'New', phone = '2', address = 'Elsewhere' WHERE id = ?`)
      .bind(first.id)
      .run()
    const repeat = await send(key)
    expect(repeat.headers.get('Idempotent-Replayed')).toBe('true')
    expect([repeat.status, repeat.body]).toEqual([201, first])
    expect(first).toEqual({
      ...noAddressFields,
      id: first.id,
      email: account.email,
      name: 'Ann',
      phone: '1',
      address: 'Here',
    })
  })

  it('of a registration stores no hash with which a password can be guessed', async () => {
    const { account, bodyHash } = await aKeyedRegistration()
    expect(await bodyHash()).toMatch(/^[\w-]{43}$/)
    expect(await bodyHash()).not.toBe(sha256(account))
  })

  it('is recognised after a change of the secret, while the previous one is set', async () => {
    const { send } = await aKeyedRegistration()
    const { JWT_SECRET } = env
    try {
      Object.assign(env, { JWT_SECRET: 'another secret of the tests, long enough for HS256' })
      expect(await send()).toBeProblem(422, 'idempotency_key_reused')
      Object.assign(env, { JWT_SECRET_PREVIOUS: JWT_SECRET })
      expect((await send()).headers.get('Idempotent-Replayed')).toBe('true')
    } finally {
      Object.assign(env, { JWT_SECRET, JWT_SECRET_PREVIOUS: '' })
    }
  })

  it('is recognised if it was stored with a plain hash, as before', async () => {
    const { send, account, key } = await aKeyedRegistration()
    await env.DB.prepare('UPDATE idempotency_keys SET body_hash = ? WHERE key = ?')
      .bind(sha256(account), key)
      .run()
    expect((await send()).headers.get('Idempotent-Replayed')).toBe('true')
  })

  it('of a registration does not block other people', async () => {
    const key = unique()
    for (const name of ['Ann', 'Bob']) {
      const account = { email: `${unique()}@example.com`, password: PASSWORD, name, phone: '1' }
      const { status, body } = await keyed(undefined, 'POST', '/api/users/register/', account)(key)
      expect([status, body.name]).toEqual([201, name])
    }
  })

  it('answers 404 if the resource is gone', async () => {
    const { send } = await routes['POST /api/admin/products/']!()
    const key = unique()
    const { body } = await send(key)
    await owner.call('DELETE', `/api/admin/products/${body.id}/`)
    const repeat = await send(key)
    expect(repeat).toBeProblem(404, 'not_found')
  })

  it('is refused after its session has ended', async () => {
    const bob = await aCustomer()
    const send = keyed(bob, 'POST', '/api/cart/', { product_id: (await aProduct()).id })
    await send('k')
    await bob.call('POST', '/api/users/logout/', { body: { refresh: bob.refresh } })
    expect(await send('k')).toBeProblem(401, 'token_revoked')
  })
})
