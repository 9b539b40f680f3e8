import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { call, post } from './http.ts'
import {
  aCustomer,
  aProduct,
  asCustomersSee,
  aRegisteredCustomer,
  countBy,
  simultaneously,
  staffEdits,
} from './shop.ts'

describe('GET /api/cart/', () => {
  it('is empty after registration', async () => {
    const ann = await aRegisteredCustomer()
    expect(await ann.cart()).toEqual({
      id: expect.any(Number),
      user: ann.email,
      items: [],
      grand_total: '0.00',
      changes: [],
      currency: 'EUR',
      taxes: [],
      created_at: expect.stringMatching(/Z$/),
      message: 'Your shopping cart is currently empty.',
    })
  })

  it('shows current products, with exact totals', async () => {
    const ann = await aCustomer()
    const [dime, penny] = [await aProduct({ price: '0.10' }), await aProduct({ price: '0.01' })]
    await ann.adds(dime, 3)
    await ann.adds(penny, 1)
    const { body: dearer } = await staffEdits(penny, { price: '0.02' })
    const cart = await ann.cart()
    expect(cart).toMatchObject({ grand_total: '0.32', message: 'You have 2 item(s) in your cart.' })
    expect(cart.items).toEqual([
      { id: expect.any(Number), product: asCustomersSee(dime), quantity: 3, total_price: '0.30' },
      { id: expect.any(Number), product: asCustomersSee(dearer), quantity: 1, total_price: '0.02' },
    ])
  })

  it('shows a total that price rises have pushed above the limit', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ price: '0.01', stock: 100_000 })
    await ann.adds(product, 100_000)
    await staffEdits(product, { price: '99999999.99' })
    expect((await ann.cart()).grand_total).toBe('9999999999000.00')
    expect((await ann.call('DELETE', '/api/cart/')).status).toBe(204)
  })

  it('is for customers', async () => {
    expect(await call('GET', '/api/cart/')).toBeProblem(401, 'token_missing')
    expect(await post('/api/cart/', { product_id: 1 })).toBeProblem(401, 'token_missing')
  })
})

describe('POST /api/cart/', () => {
  it('creates a line with 201 and adds to one with 200', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 10 })
    const first = await ann.call('POST', '/api/cart/', { body: { product_id: String(product.id) } })
    expect([first.status, first.body.items[0].quantity]).toEqual([201, 1])
    const second = await ann.adds(product, 4)
    expect([second.status, second.body.items[0].quantity]).toEqual([200, 5])
    expect(second.body.items[0].id).toBe(first.body.items[0].id)
    expect(await ann.cart()).toEqual(second.body)
  })

  it('adds up simultaneous additions', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 100 })
    const answers = await simultaneously(10, () => ann.adds(product, 2))
    expect(countBy(answers, ({ status }) => status)).toEqual({ 200: 9, 201: 1 })
    expect((await ann.cart()).items).toMatchObject([{ quantity: 20 }])
  })

  it('refuses more of a product than is in stock', async () => {
    const ann = await aCustomer()
    const [product, gone] = [await aProduct({ stock: 3 }), await aProduct({ stock: 0 })]
    await ann.adds(product, 2)
    expect(await ann.adds(product, 2)).toBeProblem(409, 'insufficient_stock', { available: 3 })
    expect(await ann.adds(gone)).toBeProblem(409, 'insufficient_stock', { available: 0 })
    expect((await ann.cart()).items).toMatchObject([{ quantity: 2 }])
    const answers = await simultaneously(4, () => ann.adds(product))
    expect(countBy(answers, ({ status }) => status)).toEqual({ 200: 1, 409: 3 })
  })

  it('holds at most a hundred lines', async () => {
    const ann = await aCustomer()
    const products = await simultaneously(101, () => aProduct({ price: '0.00' }))
    for (const product of products.slice(0, 99)) await ann.adds(product)
    const last = await Promise.all(products.slice(99).map((product) => ann.adds(product)))
    expect(countBy(last, ({ status }) => status)).toEqual({ 201: 1, 409: 1 })
    expect(last.find(({ status }) => status === 409)).toBeProblem(409, 'cart_full')
    expect((await ann.adds(products[0])).status).toBe(200)
    expect((await ann.cart()).items).toHaveLength(100)
  })

  it('holds at most a hundred thousand units of a product', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ price: '0.01', stock: 1_000_000 })
    expect((await ann.adds(product, 100_000)).status).toBe(201)
    expect(await ann.adds(product, 1)).toBeProblem(409, 'quantity_too_large')
    expect((await ann.cart()).items).toMatchObject([{ quantity: 100_000 }])
  })

  it('limits the total', async () => {
    const ann = await aCustomer()
    const [dear, cheap] = [await aProduct({ price: '99999999.99' }), await aProduct({ price: '0.01' })]
    expect((await ann.adds(dear)).body.grand_total).toBe('99999999.99')
    expect(await ann.adds(cheap)).toBeProblem(409, 'total_too_large')
    expect((await ann.cart()).items).toHaveLength(1)
  })

  it.each([
    ['quantity', 0],
    ['quantity', -1],
    ['quantity', 1.9],
    ['quantity', '1.9'],
    ['quantity', 'two'],
    ['quantity', 100_001],
    ['quantity', [1]],
    ['product_id', 'laptop'],
    ['product_id', 0],
    ['product_id', undefined],
    ['product_id', { id: 1 }],
    ['product_id', 1e300],
  ])('names %s when it is %j', async (field, value) => {
    const ann = await aCustomer()
    const product = await aProduct()
    const body = { product_id: product.id, quantity: 1, [field]: value }
    expect(await ann.call('POST', '/api/cart/', { body })).toBeProblem(400, 'invalid_request', {
      errors: { [field]: [expect.any(String)] },
    })
    expect((await ann.cart()).items).toEqual([])
  })

  it('answers 404 for an unknown product', async () => {
    const ann = await aCustomer()
    expect(await ann.adds({ id: 999_999 })).toBeProblem(404, 'not_found')
  })
})

describe('/api/cart/{item_id}/', () => {
  const lineOf = async () => {
    const ann = await aCustomer()
    const { body } = await ann.adds(await aProduct({ stock: 5 }), 2)
    return { ann, path: `/api/cart/${body.items[0].id}/` }
  }

  it('PATCH sets the quantity, 0 removes', async () => {
    const { ann, path } = await lineOf()
    const changed = await ann.call('PATCH', path, { body: { quantity: 5 } })
    expect([changed.status, changed.body.items[0].quantity]).toEqual([200, 5])
    expect(await ann.call('PATCH', path, { body: { quantity: 6 } })).toBeProblem(409, 'insufficient_stock', {
      available: 5,
    })
    expect(await ann.call('PATCH', path, { body: {} })).toBeProblem(400, 'invalid_request', {
      errors: { quantity: ['This field is required.'] },
    })
    expect(await ann.cart()).toEqual(changed.body)
    const removed = await ann.call('PATCH', path, { body: { quantity: '0' } })
    expect([removed.status, removed.body.items]).toEqual([200, []])
    expect(await ann.call('PATCH', path, { body: { quantity: 1 } })).toBeProblem(404, 'not_found')
    expect(await ann.call('PATCH', path, { body: { quantity: 0 } })).toBeProblem(404, 'not_found')
  })

  it('can shrink a cart that price rises have pushed above the limit', async () => {
    const ann = await aCustomer()
    const [one, other] = [await aProduct({ price: '40000000.00' }), await aProduct({ price: '1.00' })]
    await ann.adds(one, 2)
    const { body } = await ann.adds(other, 3)
    await staffEdits(one, { price: '99999999.00' })
    const [, cheap] = body.items.map(({ id }: { id: number }) => `/api/cart/${id}/`)
    expect(await ann.call('PATCH', cheap, { body: { quantity: 4 } })).toBeProblem(409, 'total_too_large')
    expect((await ann.call('PATCH', cheap, { body: { quantity: 2 } })).status).toBe(200)
    expect((await ann.call('PATCH', cheap, { body: { quantity: 0 } })).status).toBe(200)
  })

  it('DELETE removes the line', async () => {
    const { ann, path } = await lineOf()
    const { status, body } = await ann.call('DELETE', path)
    expect([status, body]).toEqual([200, { detail: 'Item removed from cart successfully.' }])
    expect(await ann.call('DELETE', path)).toBeProblem(404, 'not_found')
  })

  it('hides the cart lines of other customers', async () => {
    const { ann, path } = await lineOf()
    const bob = await aCustomer()
    expect(await bob.call('PATCH', path, { body: { quantity: 1 } })).toBeProblem(404, 'not_found')
    expect(await bob.call('DELETE', path)).toBeProblem(404, 'not_found')
    expect((await bob.call('DELETE', '/api/cart/')).status).toBe(204)
    expect((await ann.cart()).items).toMatchObject([{ quantity: 2 }])
  })
})

describe('DELETE /api/cart/', () => {
  it('empties the cart, even an empty one', async () => {
    const ann = await aCustomer()
    await ann.adds(await aProduct())
    for (let n = 0; n < 2; n += 1) expect((await ann.call('DELETE', '/api/cart')).status).toBe(204)
    expect((await ann.cart()).items).toEqual([])
  })

  it('never reuses the id of a line', async () => {
    const ann = await aCustomer()
    const product = await aProduct()
    const first = (await ann.adds(product)).body.items[0].id
    await ann.call('DELETE', '/api/cart/')
    const second = (await ann.adds(product)).body.items[0].id
    expect(second).toBeGreaterThan(first)
    expect(
      await env.DB.prepare('SELECT count(*) AS n FROM cart_items WHERE user_id = ?').bind(ann.id).first('n'),
    ).toBe(1)
  })
})
