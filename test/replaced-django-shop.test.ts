import { describe, expect, it } from 'vitest'
import { get, post } from './http.ts'
import {
  aCategory,
  aCustomer,
  anOrder,
  aProduct,
  aRegisteredCustomer,
  countBy,
  simultaneously,
  staffEdits,
  staffMoves,
  stockOf,
  theOwner,
  unique,
} from './shop.ts'

/** Each defect of the Django shop that Kiosk replaces, shown to be gone. */

const cents = (money: string) => Math.round(Number(money) * 100)

describe('defects of the replaced Django shop: orders', () => {
  it('total and line prices agree when a price changes in between', async () => {
    const product = await aProduct({ price: '1.00', stock: 1000 })
    const buyers = await simultaneously(10, () => aCustomer())
    for (const buyer of buyers) await buyer.adds(product, 3)
    const placing = buyers.map((buyer) => buyer.orders())
    const pricing = [2, 3, 4, 5, 6].map((price) => staffEdits(product, { price }))
    const orders = await Promise.all(placing)
    await Promise.all(pricing)
    for (const { body } of orders) expect(cents(body.total_price)).toBe(3 * cents(body.items[0].price))
  })

  it('carts with the same products in another order do not deadlock', async () => {
    const [one, other] = [await aProduct({ stock: 100 }), await aProduct({ stock: 100 })]
    const buyers = await simultaneously(10, () => aCustomer())
    for (const [index, buyer] of buyers.entries()) {
      for (const product of index % 2 ? [one, other] : [other, one]) await buyer.adds(product)
    }
    const answers = await Promise.all(buyers.map((buyer) => buyer.orders()))
    expect(countBy(answers, ({ status }) => status)).toEqual({ 201: 10 })
    expect([await stockOf(one), await stockOf(other)]).toEqual([90, 90])
  })

  it('two posts of one cart make one order', async () => {
    const ann = await aCustomer()
    await ann.adds(await aProduct())
    const answers = await simultaneously(2, () => ann.orders())
    expect(countBy(answers, ({ status }) => status)).toEqual({ 201: 1, 400: 1 })
  })

  it('cancelling twice restores the stock once', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 5 })
    const order = await anOrder(ann, product, 2)
    await simultaneously(2, () => ann.cancels(order))
    expect(await stockOf(product)).toBe(5)
  })

  it('a simultaneous price edit keeps the stock that orders took', async () => {
    const product = await aProduct({ stock: 20 })
    const buyers = await simultaneously(10, () => aCustomer())
    for (const buyer of buyers) await buyer.adds(product)
    await Promise.all([
      ...buyers.map((buyer) => buyer.orders()),
      ...[5, 6, 7].map((price) => staffEdits(product, { price })),
    ])
    expect(await stockOf(product)).toBe(10)
  })

  it('a total that is too large is a 409', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ price: '99999999.99', stock: 10 })
    expect(await ann.adds(product, 2)).toBeProblem(409, 'total_too_large')
  })

  it('staff list all orders and change their status', async () => {
    const order = await anOrder()
    expect((await staffMoves(order, 'Shipped')).body.status).toBe('Shipped')
    const { access } = await theOwner()
    expect((await get('/api/admin/orders/?status=Shipped', { token: access })).body.results[0].id).toBe(
      order.id,
    )
  })
})

describe('defects of the replaced Django shop: accounts', () => {
  it('no customer can revoke the refresh token of another', async () => {
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    expect((await ann.call('POST', '/api/users/logout/', { body: { refresh: bob.refresh } })).status).toBe(
      400,
    )
    expect((await post('/api/token/refresh/', { refresh: bob.refresh })).status).toBe(200)
  })

  it('a refresh token works once, and an access token ends with its session', async () => {
    const ann = await aCustomer()
    const { body } = await post('/api/token/refresh/', { refresh: ann.refresh })
    const { body: newest } = await post('/api/token/refresh/', { refresh: body.refresh })
    expect((await ann.call('POST', '/api/users/logout/', { body: { refresh: newest.refresh } })).status).toBe(
      205,
    )
    expect(await post('/api/token/refresh/', { refresh: body.refresh })).toBeProblem(401, 'token_revoked')
    expect(await get('/api/users/profile/', { token: newest.access })).toBeProblem(401, 'token_revoked')
  })

  it('password rules are applied', async () => {
    const body = { email: `${unique()}@example.com`, name: 'Ann', phone: '1', password: '12345678' }
    expect(await post('/api/users/register/', body)).toBeProblem(400, 'invalid_request', {
      errors: { password: [expect.any(String), expect.any(String)] }, // digits only, and too common
    })
  })

  it('the same e-mail with its domain in capitals is taken', async () => {
    const { email } = await aRegisteredCustomer()
    const again = {
      email: email.replace('example.com', 'EXAMPLE.COM'),
      name: 'Ann',
      phone: '1',
      password: 'correct horse battery',
    }
    expect(await post('/api/users/register/', again)).toBeProblem(409, 'email_taken')
  })
})

describe('defects of the replaced Django shop: the catalog', () => {
  it('negative stock and prices are refused', async () => {
    const product = await aProduct()
    expect((await staffEdits(product, { price: -1 })).status).toBe(400)
    expect((await staffEdits(product, { stock: -1 })).status).toBe(400)
  })

  it('an ordered product can be deleted, and a category only when it is empty', async () => {
    const [owner, category] = [await theOwner(), await aCategory()]
    const product = await aProduct({ category: category.id })
    const ann = await aCustomer()
    await anOrder(ann, product)
    expect(await owner.call('DELETE', `/api/admin/categories/${category.id}/`)).toBeProblem(
      409,
      'category_not_empty',
    )
    expect((await owner.call('DELETE', `/api/admin/products/${product.id}/`)).status).toBe(200)
    expect((await owner.call('DELETE', `/api/admin/categories/${category.id}/`)).status).toBe(204)
    expect((await ann.orderHistory())[0].items[0]).toMatchObject({
      product: product.name,
      product_id: product.id,
    })
  })

  it('an empty list is 200 with the usual shape', async () => {
    const empty = { count: 0, next: null, previous: null, results: [] }
    expect(await get('/api/products/?category=none')).toMatchObject({ status: 200, body: empty })
    const ann = await aCustomer()
    expect(await ann.call('GET', '/api/orders/')).toMatchObject({ status: 200, body: empty })
  })

  it('lists can be sorted and searched, with any page size', async () => {
    const category = await aCategory()
    for (const name of ['b', 'a', 'c']) await aProduct({ name: `${name} thing`, category: category.id })
    const { body } = await get(
      `/api/products/?category=${category.name}&ordering=-name&search=thing&page_size=2`,
    )
    expect(body.results.map(({ name }: { name: string }) => name)).toEqual(['c thing', 'b thing'])
  })
})

describe('defects of the replaced Django shop: the cart', () => {
  it.each([{ product_id: 'x' }, { product_id: 1, quantity: 'many' }, { product_id: 1, quantity: 1.9 }, []])(
    '%j is a 400',
    async (body) => {
      const ann = await aCustomer()
      expect(await ann.call('POST', '/api/cart/', { body })).toMatchObject({
        status: 400,
        body: { code: 'invalid_request' },
      })
    },
  )

  it('totals are exact strings, as prices are', async () => {
    const ann = await aCustomer()
    const { body } = await ann.adds(await aProduct({ price: '0.10' }), 3)
    expect([body.grand_total, body.items[0].total_price]).toEqual(['0.30', '0.30'])
  })
})

describe('defects of the replaced Django shop: HTTP', () => {
  it('a path without its slash keeps the body, and a browser on another origin can call', async () => {
    const ann = await aCustomer()
    const { status, headers } = await ann.call('POST', '/api/cart', {
      body: { product_id: (await aProduct()).id },
    })
    expect([status, headers.get('Access-Control-Allow-Origin')]).toEqual([201, '*'])
  })
})
