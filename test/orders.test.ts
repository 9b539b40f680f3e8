import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { type Answer, get, patch, post } from './http.ts'
import {
  aCustomer,
  anOrder,
  aProduct,
  countBy,
  eventsOf,
  movementsOf,
  noAddressFields,
  simultaneously,
  staffEdits,
  staffMoves,
  stockOf,
  theOwner,
} from './shop.ts'

describe('POST /api/orders/create/', () => {
  it('turns the cart into an order at current prices', async () => {
    const ann = await aCustomer()
    const laptop = await aProduct({ name: 'Laptop', price: '1299.99', stock: 10 })
    const mouse = await aProduct({ name: 'Mouse', price: '0.10', stock: 5 })
    await ann.adds(laptop, 2)
    await ann.adds(mouse, 3)
    await staffEdits(mouse, { price: '0.20' })

    const { status, body: order, headers } = await ann.orders()

    const untaxed = { tax_rate: null, tax: null }

    expect(status).toBe(201)
    expect(headers.get('Location')).toBe(`/api/orders/${order.id}/`)
    expect(order).toEqual({
      id: expect.any(Number),
      user: ann.email,
      items: [
        {
          id: expect.any(Number),
          product: 'Laptop',
          product_id: laptop.id,
          quantity: 2,
          price: '1299.99',
          ...untaxed,
        },
        {
          id: expect.any(Number),
          product: 'Mouse',
          product_id: mouse.id,
          quantity: 3,
          price: '0.20',
          ...untaxed,
        },
      ],
      delivery: null,
      total_price: '2600.58',
      currency: 'EUR',
      taxes: [],
      payment: null,
      status: 'Pending',
      ship_to: { name: 'Bob Builder', phone: '+1 555 0100', address: '1 Main Street', ...noAddressFields },
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: order.created_at,
    })
    expect(await stockOf(laptop)).toBe(8)
    expect(await stockOf(mouse)).toBe(2)
    expect((await ann.cart()).items).toEqual([])
    expect(await ann.orderHistory()).toEqual([order])
  })

  it('writes the ledgers with the order', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 10 })
    const order = await anOrder(ann, product, 4)

    expect(await movementsOf(product)).toMatchObject([
      { delta: 10, stock_after: 10, reason: 'initial', order_id: null, actor_id: (await theOwner()).id },
      { delta: -4, stock_after: 6, reason: 'order', order_id: order.id, actor_id: ann.id },
    ])
    expect(await eventsOf(order)).toMatchObject([
      {
        from_status: null,
        to_status: 'Pending',
        user_id: ann.id,
        actor_id: ann.id,
        at: Date.parse(order.created_at),
      },
    ])
  })

  it('leaves no trace when one line of several is short', async () => {
    const ann = await aCustomer()
    const plenty = await aProduct({ stock: 5 })
    const scarce = await aProduct({ name: 'Scarce', stock: 2 })
    const gone = await aProduct({ name: 'Gone', stock: 2 })
    for (const product of [plenty, scarce, gone]) await ann.adds(product, 2)
    await anOrder(undefined, scarce, 1) // someone else was quicker
    await anOrder(undefined, gone, 2)

    const refusal = await ann.orders(undefined, { 'Idempotency-Key': 'again' })

    expect(refusal).toBeProblem(409, 'insufficient_stock', {
      items: [
        { product_id: scarce.id, product: 'Scarce', requested: 2, available: 1 },
        { product_id: gone.id, product: 'Gone', requested: 2, available: 0 },
      ],
    })
    expect(await stockOf(plenty)).toBe(5)
    expect((await ann.cart()).items).toHaveLength(3)
    expect(await ann.orderHistory()).toEqual([])
    expect(await movementsOf(plenty)).toHaveLength(1)
  })

  it('lists every short line of a full cart, whatever characters the names have', async () => {
    const ann = await aCustomer()
    const name = `${'\u{1F4A5}'.repeat(200)} }: SQLITE_CONSTRAINT "quoted" \\ `.trim()
    const products = await simultaneously(100, () => aProduct({ name, stock: 1 }))
    for (const product of products) await ann.adds(product)
    await env.DB.prepare(
      'UPDATE products SET stock = 0 WHERE id IN (SELECT product_id FROM cart_items WHERE user_id = ?)',
    )
      .bind(ann.id)
      .run()

    const refusal = await ann.orders()

    expect(refusal.status).toBe(409)
    expect(refusal.body.items).toHaveLength(100)
    expect(refusal.body.items[99]).toEqual({
      product_id: expect.any(Number),
      product: name,
      requested: 1,
      available: 0,
    })
  })

  it('refuses an empty cart', async () => {
    const ann = await aCustomer()
    expect(await ann.orders()).toBeProblem(400, 'cart_empty')
    expect(await ann.orders({})).toBeProblem(400, 'cart_empty')
  })

  it('answers at /api/orders/ as well', async () => {
    const ann = await aCustomer()
    await ann.adds(await aProduct())
    expect((await ann.call('POST', '/api/orders')).status).toBe(201)
  })

  it('ships where the body says', async () => {
    const ann = await aCustomer()
    await ann.adds(await aProduct())
    const ship_to = {
      name: 'Carol',
      phone: '030 1234',
      address: 'Unter den Linden 1\nBerlin',
      ...noAddressFields,
    }
    expect((await ann.orders({ ship_to })).body.ship_to).toEqual(ship_to)
    await ann.adds(await aProduct())
    expect(await ann.orders({ ship_to: { name: '', phone: 'x' } })).toBeProblem(400, 'invalid_request', {
      errors: { 'ship_to.name': ['Must not be empty.'], 'ship_to.phone': [expect.any(String)] },
    })
  })

  it('refuses when the total differs from the one the customer saw', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ price: '5.00' })
    await ann.adds(product, 3)
    await staffEdits(product, { price: '5.01' })

    expect(await ann.orders({ expected_total: '15.00' })).toBeProblem(409, 'total_changed', {
      total_price: '15.03',
    })
    expect((await ann.orders({ expected_total: 15.03 })).status).toBe(201)
  })

  it('refuses a total above the limit, to the cent', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ price: '49999999.99', stock: 10 })
    await ann.adds(product, 2)
    expect((await ann.orders()).body.total_price).toBe('99999999.98')

    await ann.adds(product, 2)
    await staffEdits(product, { price: '50000000.00' })
    expect(await ann.orders()).toBeProblem(409, 'total_too_large')
    expect((await ann.cart()).grand_total).toBe('100000000.00')
  })

  it('sells ten units to fifty buyers exactly ten times', async () => {
    const product = await aProduct({ stock: 10 })
    const buyers = await simultaneously(50, () => aCustomer())
    for (const buyer of buyers) await buyer.adds(product)

    const answers = await simultaneously(50, (index) => buyers[index]!.orders())

    expect(countBy(answers, ({ status }) => status)).toEqual({ 201: 10, 409: 40 })
    expect(await stockOf(product)).toBe(0)
    const carts = await Promise.all(buyers.map((buyer) => buyer.cart()))
    expect(carts.filter(({ items }) => items.length === 1)).toHaveLength(40)
  })

  it('places one order from one cart, however many placements race', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 10 })
    await ann.adds(product, 1)

    const answers = await simultaneously(8, () => ann.orders())

    expect(countBy(answers, ({ status }) => status)).toEqual({ 201: 1, 400: 7 })
    expect(await stockOf(product)).toBe(9)
    expect(await ann.orderHistory()).toHaveLength(1)
  })

  it('is refused by the database itself if stock would be negative', async () => {
    const product = await aProduct({ stock: 1 })
    await expect(
      env.DB.prepare('UPDATE products SET stock = stock - 2 WHERE id = ?').bind(product.id).run(),
    ).rejects.toThrow('stock_not_negative')
  })

  it('is for customers', async () => {
    expect(await post('/api/orders/create/')).toBeProblem(401, 'token_missing')
  })
})

describe('Idempotency-Key', () => {
  it('returns the same order to a repeat, without a second effect', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 10 })
    await ann.adds(product)
    const first = await ann.orders({ expected_total: '10.00' }, { 'Idempotency-Key': 'k-1' })
    await ann.adds(product)
    await staffMoves(first.body, 'Shipped')

    const repeat = await ann.orders({ expected_total: '10.00' }, { 'Idempotency-Key': 'k-1' })

    expect(first.headers.get('Idempotent-Replayed')).toBeNull()
    expect(repeat.status).toBe(201)
    expect(repeat.headers.get('Idempotent-Replayed')).toBe('true')
    expect(repeat.headers.get('Location')).toBe(`/api/orders/${first.body.id}/`)
    expect(repeat.body).toMatchObject({ id: first.body.id, status: 'Shipped' })
    expect(await stockOf(product)).toBe(9)
    expect((await ann.cart()).items).toHaveLength(1)
  })

  it('has one effect when duplicates are simultaneous', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 10 })
    await ann.adds(product)

    const answers = await simultaneously(8, () => ann.orders(undefined, { 'Idempotency-Key': 'race' }))

    expect(countBy(answers, ({ status }) => status)).toEqual({ 201: 8 })
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(countBy(answers, ({ headers }) => headers.get('Idempotent-Replayed') ?? 'first')).toEqual({
      first: 1,
      true: 7,
    })
    expect(await stockOf(product)).toBe(9)
  })

  it('is refused with another body', async () => {
    const ann = await aCustomer()
    await ann.adds(await aProduct(), 2)
    await ann.orders({ expected_total: '20.00' }, { 'Idempotency-Key': 'k' })
    expect(await ann.orders({ expected_total: '21.00' }, { 'Idempotency-Key': 'k' })).toBeProblem(
      422,
      'idempotency_key_reused',
    )
  })

  it('can be used again after a refusal, and is scoped to one customer', async () => {
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    const headers = { 'Idempotency-Key': 'shared' }
    expect(await ann.orders(undefined, headers)).toBeProblem(400, 'cart_empty')
    await ann.adds(await aProduct())
    await bob.adds(await aProduct())
    const [hers, his] = [await ann.orders(undefined, headers), await bob.orders(undefined, headers)]
    expect([hers.status, his.status]).toEqual([201, 201])
    expect(his.headers.get('Idempotent-Replayed')).toBeNull()
    expect(his.body.id).not.toBe(hers.body.id)
  })

  it('expires after a day', async () => {
    const ann = await aCustomer()
    const headers = { 'Idempotency-Key': 'yesterday' }
    await ann.adds(await aProduct())
    const first = await ann.orders(undefined, headers)
    await env.DB.prepare('UPDATE idempotency_keys SET created_at = created_at - 86400000 WHERE user_id = ?')
      .bind(ann.id)
      .run()
    await ann.adds(await aProduct())
    const second = await ann.orders(undefined, headers)
    expect(second.status).toBe(201)
    expect(second.body.id).not.toBe(first.body.id)
  })

  it.each(['', 'with space', 'ü', 'x'.repeat(256)])('cannot be %j', async (key) => {
    const ann = await aCustomer()
    expect(await ann.orders(undefined, { 'Idempotency-Key': key })).toBeProblem(400, 'invalid_request', {
      errors: { 'Idempotency-Key': ['Must be 1 to 255 visible ASCII characters.'] },
    })
  })
})

describe('GET /api/orders/', () => {
  it('lists own orders only, newest first, in pages', async () => {
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    const placed = []
    for (let n = 0; n < 5; n += 1) placed.push((await anOrder(ann)).id)
    const his = await anOrder(bob)

    const first = (await ann.call('GET', '/api/orders/?page_size=2')).body
    expect(first).toMatchObject({ count: 5, previous: null })
    const second = (await ann.call('GET', first.next)).body
    const third = (await ann.call('GET', second.next)).body
    expect(third.next).toBeNull()
    const ids = [first, second, third].flatMap(({ results }) => results.map(({ id }: { id: number }) => id))
    expect(ids).toEqual(placed.toReversed())
    expect((await ann.call('GET', third.previous)).body.results).toEqual(second.results)

    expect(await ann.call('GET', `/api/orders/${his.id}/`)).toBeProblem(404, 'not_found')
    expect((await bob.call('GET', `/api/orders/${his.id}`)).body).toEqual(his)
  })

  it('has the same shape for a customer without orders', async () => {
    const ann = await aCustomer()
    expect((await ann.call('GET', '/api/orders/')).body).toEqual({
      count: 0,
      next: null,
      previous: null,
      results: [],
    })
  })
})

describe('POST /api/orders/{id}/cancel/', () => {
  it('restocks, and records it in the ledgers', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 10 })
    const order = await anOrder(ann, product, 4)

    const { status, body } = await ann.cancels(order)

    expect(status).toBe(200)
    expect(body).toEqual({
      detail: 'Order has been successfully cancelled.',
      order: { ...order, status: 'Cancelled', updated_at: expect.any(String) },
    })
    expect(await stockOf(product)).toBe(10)
    expect((await movementsOf(product)).at(-1)).toMatchObject({
      delta: 4,
      stock_after: 10,
      reason: 'cancellation',
      order_id: order.id,
      actor_id: ann.id,
    })
    expect((await eventsOf(order)).at(-1)).toMatchObject({ from_status: 'Pending', to_status: 'Cancelled' })
  })

  it('restocks once, however many cancels race', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 10 })
    const order = await anOrder(ann, product, 4)

    const answers = await simultaneously(8, () => ann.cancels(order))

    expect(countBy(answers, ({ status }) => status)).toEqual({ 200: 1, 409: 7 })
    expect(await stockOf(product)).toBe(10)
    expect(await movementsOf(product)).toHaveLength(3)
    expect(await eventsOf(order)).toHaveLength(2)
  })

  it('refuses a shipped order, and returns it', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 10 })
    const order = await anOrder(ann, product)
    const { body: shipped } = await staffMoves(order, 'Shipped')
    expect(await ann.cancels(order)).toBeProblem(409, 'order_not_cancellable', { order: shipped })
    expect(await stockOf(product)).toBe(9)
  })

  it('answers 404 for another customer’s order', async () => {
    const order = await anOrder()
    const bob = await aCustomer()
    expect(await bob.cancels(order)).toBeProblem(404, 'not_found')
    expect(await bob.cancels({ id: 999_999 })).toBeProblem(404, 'not_found')
  })

  it('restocks the remaining products when one has been deleted', async () => {
    const ann = await aCustomer()
    const [kept, deleted] = [await aProduct({ stock: 5 }), await aProduct({ name: 'Deleted', stock: 5 })]
    await ann.adds(kept, 2)
    await ann.adds(deleted, 2)
    const { body: order } = await ann.orders()
    await (await theOwner()).call('DELETE', `/api/admin/products/${deleted.id}/`)

    const { body } = await ann.cancels(order)

    expect(body.order.items.map(({ product }: { product: string }) => product)).toContain('Deleted')
    expect(await stockOf(kept)).toBe(5)
    expect((await movementsOf(deleted)).at(-1)).toMatchObject({ reason: 'deletion', stock_after: 0 })
  })
})

describe('the ledgers', () => {
  it.each(['stock_movements', 'order_events'])('%s is append-only', async (table) => {
    await anOrder()
    await expect(env.DB.prepare(`UPDATE ${table} SET at = 0`).run()).rejects.toThrow('append-only')
    await expect(env.DB.prepare(`DELETE FROM ${table}`).run()).rejects.toThrow('append-only')
  })
})

describe('staff and orders', () => {
  it('move an order from Pending to Shipped to Delivered, and no other way', async () => {
    const order = await anOrder()
    expect(await staffMoves(order, 'Delivered')).toBeProblem(409, 'invalid_transition')
    expect((await staffMoves(order, 'Pending')).body.status).toBe('Pending')
    expect((await staffMoves(order, 'Shipped')).body.status).toBe('Shipped')
    expect((await staffMoves(order, 'Shipped')).status).toBe(200)
    expect(await staffMoves(order, 'Cancelled')).toBeProblem(409, 'invalid_transition')
    expect((await staffMoves(order, 'Delivered')).body.status).toBe('Delivered')
    expect(await staffMoves(order, 'Pending')).toBeProblem(409, 'invalid_transition')
    expect((await eventsOf(order)).map(({ to_status }) => to_status)).toEqual([
      'Pending',
      'Shipped',
      'Delivered',
    ])
  })

  it('take back a mistaken Shipped, after which the order goes on as any that is Pending', async () => {
    const [ann, owner] = [await aCustomer(), await theOwner()]
    const product = await aProduct({ stock: 5 })
    const order = await anOrder(ann, product, 2)
    await staffMoves(order, 'Shipped')

    const { status, body } = await staffMoves(order, 'Pending')

    expect([status, body]).toEqual([200, { ...order, updated_at: body.updated_at }])
    expect(body.updated_at > order.updated_at).toBe(true)
    expect((await eventsOf(order)).at(-1)).toMatchObject({
      from_status: 'Shipped',
      to_status: 'Pending',
      actor_id: owner.id,
    })
    const log = (await owner.call('GET', '/api/admin/audit-log/')).body.results
    expect(log[0]).toMatchObject({ path: `/api/admin/orders/${order.id}`, body: '{"status":"Pending"}' })
    expect(await stockOf(product)).toBe(3)
    expect((await ann.cancels(order)).status).toBe(200)
    expect(await stockOf(product)).toBe(5)
  })

  it.each([
    [59, 200],
    [61, 409],
  ])('%d minutes after it was shipped take back an order with %d', async (minutes, status) => {
    const order = await anOrder()
    await shippedAgo(order, minutes)
    const answer = await staffMoves(order, 'Pending')
    expect(answer.status).toBe(status)
    if (status === 409) {
      expect(answer).toBeProblem(409, 'invalid_transition')
      expect(answer.body.detail).toContain('shipped more than an hour ago')
    }
    expect(await eventsOf(order)).toHaveLength(status === 409 ? 2 : 3)
  })

  it('take back an order by its latest shipping', async () => {
    const order = await anOrder()
    await shippedAgo(order, 90)
    await env.DB.prepare(`UPDATE orders SET status = 'Pending' WHERE id = ?`).bind(order.id).run()
    await staffMoves(order, 'Shipped')
    expect((await staffMoves(order, 'Pending')).status).toBe(200)
  })

  it('take back no order that was shipped long ago because its payment has changed since', async () => {
    const order = await anOrder()
    await shippedAgo(order, 90)
    await env.DB.prepare(
      `INSERT INTO order_events (order_id, user_id, from_status, to_status, at)
       SELECT id, user_id, status, status, ? FROM orders WHERE id = ?`,
    )
      .bind(Date.now(), order.id)
      .run()
    expect(await staffMoves(order, 'Pending')).toBeProblem(409, 'invalid_transition')
  })

  it('take back once, or deliver: never both', async () => {
    const order = await anOrder()
    await staffMoves(order, 'Shipped')
    const answers = await Promise.all([
      staffMoves(order, 'Pending'),
      staffMoves(order, 'Delivered'),
      staffMoves(order, 'Pending'),
    ])
    const last = (await eventsOf(order)).at(-1)!
    const took = last['to_status'] === 'Pending'
    expect(answers.map(({ status }) => status)).toEqual(took ? [200, 409, 200] : [409, 200, 409])
    expect(await eventsOf(order)).toHaveLength(3)
  })

  it('restock on cancelling, once even if the customer cancels, too', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 3 })
    const order = await anOrder(ann, product, 2)
    await Promise.all([ann.cancels(order), staffMoves(order, 'Cancelled'), staffMoves(order, 'Cancelled')])
    expect(await stockOf(product)).toBe(3)
    expect((await staffMoves(order, 'Cancelled')).status).toBe(200)
    expect(await staffMoves(order, 'Shipped')).toBeProblem(409, 'invalid_transition')
  })

  it('ship or cancel, never both', async () => {
    const product = await aProduct({ stock: 20 })
    const orders = []
    for (let n = 0; n < 10; n += 1) orders.push(await anOrder(undefined, product))
    await Promise.all(
      orders.flatMap((order) => [staffMoves(order, 'Shipped'), staffMoves(order, 'Cancelled')]),
    )
    const { access } = await theOwner()
    const ends = await Promise.all(orders.map(({ id }) => get(`/api/admin/orders/${id}/`, { token: access })))
    const cancelled = ends.filter(({ body }) => body.status === 'Cancelled').length
    expect(await stockOf(product)).toBe(10 + cancelled)
  })

  it('find orders by status, customer and time', async () => {
    const ann = await aCustomer()
    const [first, second] = [await anOrder(ann), await anOrder(ann)]
    await staffMoves(first, 'Shipped')
    const { access } = await theOwner()
    const ids = async (query: string) => {
      const { body } = await get(`/api/admin/orders/?${query}`, { token: access })
      return body.results.map(({ id }: { id: number }) => id)
    }
    expect(await ids(`user=${ann.id}`)).toEqual([second.id, first.id])
    expect(await ids(`user=${ann.id}&ordering=created_at`)).toEqual([first.id, second.id])
    expect(await ids(`email=${ann.email.toUpperCase()}&status=Shipped`)).toEqual([first.id])
    expect(await ids(`email=nobody@example.com`)).toEqual([])
    expect(await ids(`user=${ann.id}&created_after=${second.created_at}`)).toContain(second.id)
    expect(await ids(`user=${ann.id}&created_before=${first.created_at}`)).toEqual([])
    expect(await ids(`user=${ann.id}&created_after=2999-01-01T00:00:00Z`)).toEqual([])
    const { body } = await get('/api/admin/orders/?page_size=1', { token: access })
    expect(body.results[0].id).toBe(second.id)
    expect(body.count).toBeGreaterThanOrEqual(2)
    const { body: next } = await get(body.next, { token: access })
    expect(next.results[0].id).toBe(first.id)
  })

  it('keep to the time range through every page, in both directions', async () => {
    const ann = await aCustomer()
    const placed = []
    for (let n = 0; n < 5; n += 1) placed.push((await anOrder(ann)).id)
    await env.DB.prepare('UPDATE orders SET created_at = 1000 * (id - ?) WHERE user_id = ?')
      .bind(placed[0], ann.id)
      .run()
    const { access: token } = await theOwner()
    const window = 'created_after=1970-01-01T00:00:01Z&created_before=1970-01-01T00:00:04Z'
    const walked = async (start: string, step: 'next' | 'previous') => {
      const found = []
      for (let path: string | null = start; path !== null;) {
        const { body }: { body: Answer['body'] } = await get(path, { token })
        found.push(...body.results.map(({ id }: { id: number }) => id))
        path = body[step]
      }
      return found
    }
    for (const ordering of ['created_at', '-created_at']) {
      const inWindow = ordering === 'created_at' ? placed.slice(1, 4) : placed.slice(1, 4).toReversed()
      const path = `/api/admin/orders/?user=${ann.id}&page_size=1&ordering=${ordering}&${window}`
      expect(await walked(path, 'next')).toEqual(inWindow)
      const { body } = await get(`${path}&page=3`, { token })
      expect(await walked(body.previous, 'previous')).toEqual(inWindow.slice(0, 2).toReversed())
    }
  })

  it.each(['status=Lost', 'user=x', 'created_after=yesterday', 'ordering=price'])(
    'name what is wrong with ?%s',
    async (query) => {
      const { access } = await theOwner()
      const name = query.split('=')[0]!
      expect(await get(`/api/admin/orders/?${query}`, { token: access })).toBeProblem(
        400,
        'invalid_request',
        {
          errors: { [name]: [expect.any(String)] },
        },
      )
    },
  )

  it('are the only ones allowed', async () => {
    const ann = await aCustomer()
    const order = await anOrder(ann)
    expect(await ann.call('GET', '/api/admin/orders/')).toBeProblem(403, 'not_staff')
    expect(
      await patch(`/api/admin/orders/${order.id}/`, { status: 'Shipped' }, { token: ann.access }),
    ).toBeProblem(403, 'not_staff')
    expect(await get('/api/admin/orders/')).toBeProblem(401, 'token_missing')
  })
})

/** Ships an order in the past. */
async function shippedAgo({ id }: { id: number }, minutes: number): Promise<void> {
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO order_events (order_id, user_id, from_status, to_status, at)
       SELECT id, user_id, 'Pending', 'Shipped', ? FROM orders WHERE id = ?`,
    ).bind(Date.now() - minutes * 60_000, id),
    env.DB.prepare(`UPDATE orders SET status = 'Shipped' WHERE id = ?`).bind(id),
  ])
}
