import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { get, post } from './http.ts'
import {
  aCategory,
  aCustomer,
  anOrder,
  aProduct,
  asCustomersSee,
  simultaneously,
  someStaff,
  staffEdits,
  theOwner,
  unique,
} from './shop.ts'

const owner = await theOwner()

const LISTS = [
  '',
  'in_stock=true',
  'ordering=price',
  'ordering=-name',
  'max_price=999&ordering=name',
  'max_price=999',
]

/** The ids in public lists of this category, of every kind. */
async function publicIds(category: { name: string }, search: string): Promise<number[][]> {
  const lists = [
    ...LISTS,
    `search=${search}`,
    `search=${search}&ordering=price`,
    `search=${search}&in_stock=true`,
  ]
  return Promise.all(
    lists.map(async (list) => {
      const { body } = await get(`/api/products/?category=${encodeURIComponent(category.name)}&${list}`)
      expect(body.count).toBe(body.results.length)
      return body.results.map(({ id }: { id: number }) => id)
    }),
  )
}

async function countOf(category: { id: number }, path: string): Promise<number> {
  const { body } = await owner.call('GET', `${path}?page_size=100`)
  return body.results.find(({ id }: { id: number }) => id === category.id).product_count
}

describe('a draft', () => {
  it('is in no public list, search, count or page until it is published', async () => {
    const category = await aCategory()
    const word = unique().replace('-', '')
    const total = async () => (await get('/api/products/?page_size=1')).body.count
    const before = await total()
    const given = { category: category.id, name: `Lamp ${word}`, published: false }
    const draft = await aProduct(given)
    expect(draft).toMatchObject({ published: false })

    expect(await publicIds(category, word)).toEqual(Array.from({ length: 9 }, () => []))
    expect(await get(`/api/products/${draft.id}/`)).toBeProblem(404, 'not_found')
    expect([await total(), await countOf(category, '/api/categories/')]).toEqual([before, 0])
    expect(await countOf(category, '/api/admin/categories/')).toBe(1)
    expect(await owner.call('DELETE', `/api/admin/categories/${category.id}/`)).toBeProblem(
      409,
      'category_not_empty',
    )

    const { body: published, headers } = await staffEdits(draft, { published: true })
    expect(await publicIds(category, word)).toEqual(Array.from({ length: 9 }, () => [draft.id]))
    const read = await get(`/api/products/${draft.id}/`)
    expect(read.body).toEqual(asCustomersSee(published))
    expect(read.headers.get('ETag')).toBe(headers.get('ETag'))
    expect([await total(), await countOf(category, '/api/categories/')]).toEqual([before + 1, 1])

    await staffEdits(draft, { published: false })
    expect(await publicIds(category, word)).toEqual(Array.from({ length: 9 }, () => []))
    expect([await total(), await countOf(category, '/api/categories/')]).toEqual([before, 0])
  })

  it('keeps its place among the drafts when its last unit goes and comes back', async () => {
    const category = await aCategory()
    const draft = await aProduct({ category: category.id, published: false, stock: 1 })
    for (const stock of [0, 5]) {
      await staffEdits(draft, { stock })
      expect(await publicIds(category, draft.name)).toEqual(Array.from({ length: 9 }, () => []))
      await staffEdits(draft, { published: true })
      const all = await publicIds(category, draft.name)
      expect(all.filter((ids) => ids.length > 0)).toHaveLength(stock === 0 ? 7 : 9)
      await staffEdits(draft, { published: false })
    }
  })

  it('moves its place in the counts with its category, and leaves them when deleted', async () => {
    const [from, to] = [await aCategory(), await aCategory()]
    const draft = await aProduct({ category: from.id, published: false })
    await staffEdits(draft, { category: to.id, published: true })
    await staffEdits(draft, { category: from.id })
    await staffEdits(draft, { category: to.id, published: false })
    const counts = async () => [
      await countOf(from, '/api/admin/categories/'),
      await countOf(to, '/api/admin/categories/'),
      await countOf(to, '/api/categories/'),
    ]
    expect(await counts()).toEqual([0, 1, 0])
    await owner.call('DELETE', `/api/admin/products/${draft.id}/`)
    expect(await counts()).toEqual([0, 0, 0])
  })

  it('is listed, found and counted by staff, alone or with the others', async () => {
    const category = await aCategory()
    const word = unique().replace('-', '')
    const shown = await aProduct({ category: category.id, name: `Lamp ${word}` })
    const draft = await aProduct({ category: category.id, name: `Vase ${word}`, published: false })
    const all = [shown.id, draft.id]
    for (const list of [
      `category=${category.name}`,
      `category=${category.name}&ordering=name`,
      `category=${category.name}&max_price=99&ordering=created_at`,
      `search=${word}`,
      `search=${word}&ordering=name`,
    ]) {
      for (const [filter, ids] of [
        ['', all],
        ['published=true', [shown.id]],
        ['published=false', [draft.id]],
        ['published=false&in_stock=true', [draft.id]],
        ['published=false&in_stock=false', []],
      ] as const) {
        const { body } = await owner.call('GET', `/api/admin/products/?${list}&${filter}`)
        expect([body.count, body.results.map(({ id }: { id: number }) => id)]).toEqual([ids.length, ids])
      }
    }
    const { body } = await owner.call('GET', '/api/admin/products/?published=false&page_size=1')
    const drafts = await env.DB.prepare('SELECT count(*) AS n FROM products WHERE published = 0').first('n')
    expect(body.count).toBe(drafts)
    const { body: everything } = await owner.call('GET', '/api/admin/products/?page_size=1')
    expect(everything.count).toBe((await get('/api/products/?page_size=1')).body.count + body.count)
  })

  it('is read by staff, and by nobody else', async () => {
    const draft = await aProduct({ published: false })
    const path = `/api/admin/products/${draft.id}/`
    expect((await owner.call('GET', path)).body).toEqual(draft)
    expect(await (await aCustomer()).call('GET', path)).toBeProblem(403, 'not_staff')
    const staff = await someStaff()
    expect(await staff.call('GET', `/api/products/${draft.id}/`)).toBeProblem(404, 'not_found')
    expect(await get('/api/products/?published=false')).toBeProblem(400, 'invalid_request', {
      errors: { published: [expect.any(String)] },
    })
  })

  it('is as unknown to the cart as a product that never was', async () => {
    const ann = await aCustomer()
    const answer = await ann.adds(await aProduct({ published: false }))
    const unknown = await ann.adds({ id: 999_999_999 })
    expect(answer).toBeProblem(404, 'not_found')
    expect(answer.body.detail).toBe(unknown.body.detail)
    expect((await ann.cart()).items).toEqual([])
  })

  it('created again with the same key is the same draft', async () => {
    const { id: category } = await aCategory()
    const body = { name: 'Once', description: '', price: 1, stock: 1, category, published: false }
    const headers = { 'Idempotency-Key': unique() }
    const [first, second] = await simultaneously(2, () =>
      post('/api/admin/products/', body, { token: owner.access, headers }),
    )
    expect([first!.status, second!.body]).toEqual([201, first!.body])
  })

  it('is refused with something else than a boolean', async () => {
    for (const published of ['no', 0, null])
      expect(await staffEdits(await aProduct(), { published })).toMatchObject(
        published === null
          ? { status: 200 }
          : { status: 400, body: { errors: { published: ['Must be of the type boolean.'] } } },
      )
  })
})

describe('a product in carts that becomes a draft', () => {
  it('leaves them as if it were deleted, told by their changes, and comes back with them', async () => {
    const ann = await aCustomer()
    const [product, other] = [await aProduct({ price: '2.00' }), await aProduct({ price: '3.00' })]
    await ann.adds(product, 2)
    await ann.adds(other)
    const [line] = (await ann.cart()).items
    await staffEdits(product, { published: false })

    const removed = { kind: 'removed', product_id: product.id, product: product.name, from: 2, to: 0 }
    expect(await ann.cart()).toMatchObject({
      items: [{ product: { id: other.id } }],
      grand_total: '3.00',
      changes: [removed],
      message: 'You have 1 item(s) in your cart.',
    })
    const path = `/api/cart/${line.id}/`
    expect(await ann.call('PATCH', path, { body: { quantity: 3 } })).toBeProblem(404, 'not_found')
    expect(await ann.call('DELETE', path)).toBeProblem(404, 'not_found')
    expect(await ann.adds(product)).toBeProblem(404, 'not_found')

    await staffEdits(product, { published: true })
    expect(await ann.cart()).toMatchObject({ items: [{ quantity: 2 }, {}], grand_total: '7.00', changes: [] })
  })

  it('is no longer told once the customer has seen it, and then stays away', async () => {
    const ann = await aCustomer()
    const product = await aProduct()
    await ann.adds(product)
    const changes = [{ kind: 'removed', product_id: product.id }]
    await ann.call('POST', '/api/cart/seen/', { body: { changes } })
    expect((await ann.cart()).items).toHaveLength(1)
    await staffEdits(product, { published: false })
    const { body } = await ann.call('POST', '/api/cart/seen/', { body: { changes } })
    expect(body).toMatchObject({ items: [], changes: [] })
    await staffEdits(product, { published: true })
    expect((await ann.cart()).items).toEqual([])
  })

  it('is not ordered: the rest is, and its line stays as a change', async () => {
    const ann = await aCustomer()
    const [product, other] = [await aProduct(), await aProduct({ price: '3.00' })]
    await ann.adds(product, 2)
    await ann.adds(other)
    await staffEdits(product, { published: false })
    const order = await ann.orders({ expected_total: '3.00' })
    expect(order).toMatchObject({ status: 201, body: { items: [{ product_id: other.id }] } })
    expect((await owner.call('GET', `/api/admin/products/${product.id}/`)).body.stock).toBe(10)
    expect((await ann.cart()).changes).toMatchObject([{ kind: 'removed', product_id: product.id }])
    expect(await ann.orders()).toBeProblem(400, 'cart_empty')
  })

  it('that is published may take a cart beyond its limit: its lines can grow, but no product can be added', async () => {
    const ann = await aCustomer()
    const [draft, other] = [await aProduct({ price: '1.00' }), await aProduct({ price: '1.00' })]
    const products = await simultaneously(100, () => aProduct({ price: '1.00' }))
    await ann.adds(draft)
    await staffEdits(draft, { published: false })
    for (const product of products) await ann.adds(product)
    await staffEdits(draft, { published: true })
    expect(await ann.adds(other)).toBeProblem(409, 'cart_full')
    for (const product of [draft, products[0]!]) {
      const { status, body } = await ann.adds(product)
      const line = body.items.find((item: { product: { id: number } }) => item.product.id === product.id)
      expect([status, line.quantity]).toEqual([200, 2])
    }
  })

  it('is not ordered with more others than the cart shows', async () => {
    const ann = await aCustomer()
    const products = await simultaneously(201, () => aProduct({ price: '1.00' }))
    await env.DB.prepare(
      `INSERT INTO cart_items (user_id, product_id, quantity, seen_cents, seen_stock)
        SELECT ?, id, 1, 100, 10 FROM products WHERE id IN (SELECT value FROM json_each(?))`,
    )
      .bind(ann.id, JSON.stringify(products.map(({ id }) => id)))
      .run()
    const { items, grand_total } = await ann.cart()
    expect([items.length, grand_total]).toEqual([200, '200.00'])
    expect(await ann.orders()).toBeProblem(409, 'cart_full')
    await ann.call('DELETE', `/api/cart/${items[0].id}/`)
    const { status, body } = await ann.orders({ expected_total: '200.00' })
    expect([status, body.items.length]).toEqual([201, 200])
  })

  it('is still in the orders that bought it, which cancel', async () => {
    const ann = await aCustomer()
    const product = await aProduct()
    const order = await anOrder(ann, product, 4)
    await staffEdits(product, { published: false })
    expect((await ann.call('GET', `/api/orders/${order.id}/`)).body).toEqual(order)
    expect((await ann.cancels(order)).status).toBe(200)
    expect((await owner.call('GET', `/api/admin/products/${product.id}/`)).body.stock).toBe(10)
  })

  it('is ordered or not, never half, while staff publish it and take it off sale', async () => {
    const product = await aProduct({ stock: 1000, price: '1.00' })
    const people = await Promise.all(Array.from({ length: 6 }, () => aCustomer()))
    await Promise.all(people.map((each) => each.adds(product)))
    const [orders] = await Promise.all([
      Promise.all(people.map((each) => each.orders())),
      simultaneously(6, (n) => staffEdits(product, { published: n % 2 === 1 })),
    ])
    const placed = orders.filter(({ status }) => status === 201).length
    expect(
      orders.filter(({ status }) => status !== 201).every(({ body }) => body.code === 'cart_empty'),
    ).toBe(true)
    expect((await owner.call('GET', `/api/admin/products/${product.id}/`)).body.stock).toBe(1000 - placed)
  })
})
