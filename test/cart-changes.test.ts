import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { Db } from '../src/db/client.ts'
import { cleanUp } from '../src/maintenance/clean-up.ts'
import { type Answer, usageOf } from './http.ts'
import { integrityViolations } from './integrity.ts'
import { aCustomer, aProduct, type Person, simultaneously, staffEdits, theOwner } from './shop.ts'

const DAY = 86_400_000

const changesFor = async (person: Person) => (await person.cart()).changes
const sees = (person: Person, changes: unknown) =>
  person.call('POST', '/api/cart/seen/', { body: { changes } })

async function deletes(product: { id: number }): Promise<Answer> {
  return (await theOwner()).call('DELETE', `/api/admin/products/${product.id}/`)
}

/** A customer with one line of this product. */
async function aCartOf(given: object, quantity = 1) {
  const [ann, product] = [await aCustomer(), await aProduct({ ...given })]
  const { body } = await ann.adds(product, quantity)
  return { ann, product, named: { product_id: product.id, product: product.name }, line: body.items[0] }
}

describe('a cart tells', () => {
  it('nothing of what the customer did', async () => {
    const { ann, product, line } = await aCartOf({ price: '10.00', stock: 5 }, 2)
    await ann.adds(product, 3)
    const { body } = await ann.call('PATCH', `/api/cart/${line.id}/`, { body: { quantity: 4 } })
    expect(body.changes).toEqual([])
    await ann.orders()
    expect(await changesFor(ann)).toEqual([])
  })

  it('that a product was deleted, and which', async () => {
    const { ann, product, named } = await aCartOf({}, 2)
    const kept = await aProduct()
    await ann.adds(kept)
    expect((await deletes(product)).status).toBe(200)
    const cart = await ann.cart()
    expect(cart.changes).toEqual([{ kind: 'removed', ...named, from: 2, to: 0 }])
    expect(cart.items).toMatchObject([{ product: { id: kept.id } }])
    expect(cart).toMatchObject({ grand_total: '10.00', message: 'You have 1 item(s) in your cart.' })
  })

  it('a price that moved since it was added, from the one the customer has seen', async () => {
    const { ann, product, named } = await aCartOf({ price: '10.00' })
    for (const price of ['12.00', '15.50']) await staffEdits(product, { price })
    expect(await changesFor(ann)).toEqual([{ kind: 'price', ...named, from: '10.00', to: '15.50' }])
    await staffEdits(product, { price: '10.00' })
    expect(await changesFor(ann)).toEqual([])
  })

  it('that the stock no longer suffices, and nothing while it does', async () => {
    const { ann, product, named } = await aCartOf({ stock: 9 }, 4)
    await staffEdits(product, { stock: 4 })
    expect(await changesFor(ann)).toEqual([])
    await staffEdits(product, { stock: 3 })
    expect(await changesFor(ann)).toEqual([{ kind: 'stock', ...named, from: 4, to: 3 }])
    await staffEdits(product, { stock: 4 })
    expect(await changesFor(ann)).toEqual([])
  })

  it('both of one product, those of several in the order of the cart, and removals first', async () => {
    const ann = await aCustomer()
    const [one, two, gone] = [await aProduct({ stock: 2 }), await aProduct(), await aProduct()]
    for (const product of [one, two, gone]) await ann.adds(product, 2)
    await staffEdits(one, { price: '11.00', stock: 0 })
    await staffEdits(two, { price: '9.00' })
    await deletes(gone)
    const told = (await changesFor(ann)).map((each: Answer['body']) => [each.kind, each.product_id])
    expect(told).toEqual([
      ['removed', gone.id],
      ['price', one.id],
      ['stock', one.id],
      ['price', two.id],
    ])
  })

  it('its own customer alone', async () => {
    const { product } = await aCartOf({})
    const bob = await aCustomer()
    await bob.adds(await aProduct())
    await deletes(product)
    expect(await changesFor(bob)).toEqual([])
  })
})

describe('POST /api/cart/seen/', () => {
  it('ends what was told, and the cart tells it until then, however often it is read and changed', async () => {
    const { ann, product, line } = await aCartOf({ price: '10.00', stock: 5 }, 2)
    const gone = await aProduct()
    await ann.adds(gone)
    await staffEdits(product, { price: '12.00', stock: 1 })
    await deletes(gone)
    const told = await changesFor(ann)
    expect(told.map(({ kind }: { kind: string }) => kind)).toEqual(['removed', 'price', 'stock'])
    await ann.adds(await aProduct())
    expect(await changesFor(ann)).toEqual(told)
    const { status, body } = await sees(ann, told)
    expect([status, body.changes]).toEqual([200, []])
    expect(await ann.cart()).toEqual(body)
    expect(body.items[0]).toMatchObject({ id: line.id, quantity: 2, product: { price: '12.00', stock: 1 } })
    expect(await integrityViolations()).toEqual({})
  })

  it('is safe to repeat, and in two tabs: a late confirmation hides nothing newer', async () => {
    const { ann, product, named } = await aCartOf({ price: '10.00', stock: 5 }, 5)
    await staffEdits(product, { price: '12.00', stock: 3 })
    const old = await changesFor(ann)
    await staffEdits(product, { price: '13.00', stock: 2 })
    const told = await changesFor(ann)
    expect((await sees(ann, old)).body.changes).toEqual(told)
    for (let n = 0; n < 2; n += 1) expect((await sees(ann, told)).body.changes).toEqual([])
    expect((await sees(ann, old)).body.changes).toEqual([])
    await staffEdits(product, { price: '12.00', stock: 3 })
    expect(await changesFor(ann)).toEqual([
      { kind: 'price', ...named, from: '13.00', to: '12.00' },
      { kind: 'stock', ...named, from: 5, to: 3 },
    ])
  })

  it('ends only what is sent', async () => {
    const { ann, product } = await aCartOf({ price: '10.00', stock: 5 }, 2)
    const gone = await aProduct()
    await ann.adds(gone)
    await staffEdits(product, { price: '12.00', stock: 1 })
    await deletes(gone)
    const [removed, price, stock] = await changesFor(ann)
    expect((await sees(ann, [price])).body.changes).toEqual([removed, stock])
    expect((await sees(ann, [])).body.changes).toEqual([removed, stock])
    expect((await sees(ann, [removed])).body.changes).toEqual([stock])
  })

  it('takes nothing out of a cart, whatever is sent', async () => {
    const [{ ann, product, named }, { ann: bob, product: his }] = [await aCartOf({}), await aCartOf({})]
    await deletes(his)
    const forged = [
      { kind: 'removed', product_id: product.id },
      { kind: 'removed', product_id: his.id },
      { kind: 'price', product_id: product.id, to: '1.00' },
      { kind: 'stock', product_id: product.id, to: 10 },
    ]
    expect((await sees(ann, forged)).body).toMatchObject({ items: [{ product: { id: product.id } }] })
    expect(await changesFor(bob)).toHaveLength(1)
    await staffEdits(product, { price: '20.00', stock: 0 })
    expect(await changesFor(ann)).toEqual([
      { kind: 'price', ...named, from: '10.00', to: '20.00' },
      { kind: 'stock', ...named, from: 1, to: 0 },
    ])
  })

  it('can be two for each of the lines that a cart shows', async () => {
    const two = [
      { kind: 'price', product_id: 1, to: '2.00' },
      { kind: 'stock', product_id: 1, to: 1 },
    ]
    const changes = Array.from({ length: 200 }, () => two).flat()
    expect((await sees(await aCustomer(), changes)).status).toBe(200)
  })

  it.each([
    [undefined, 'changes'],
    ['all', 'changes'],
    [{ kind: 'price' }, 'changes'],
    [Array.from({ length: 401 }, () => ({ kind: 'removed', product_id: 1 })), 'changes'],
    [[null], 'changes.0'],
    [[{ product_id: 1 }], 'changes.0.kind'],
    [[{ kind: 'sold', product_id: 1 }], 'changes.0.kind'],
    [[{ kind: 'removed' }], 'changes.0.product_id'],
    [
      [
        { kind: 'removed', product_id: 1 },
        { kind: 'price', product_id: 1, to: 'less' },
      ],
      'changes.1.to',
    ],
    [[{ kind: 'stock', product_id: 1, to: -1 }], 'changes.0.to'],
  ])('names what is wrong in %j', async (changes, field) => {
    expect(await sees(await aCustomer(), changes)).toBeProblem(400, 'invalid_request', {
      errors: { [field]: [expect.stringMatching(/^(Must|This field) .*\.$/)] },
    })
  })
})

describe('the line of a deleted product', () => {
  it('is no line any more: it cannot be changed, ordered or removed, and takes no place', async () => {
    const { ann, product, line } = await aCartOf({})
    await deletes(product)
    const path = `/api/cart/${line.id}/`
    for (const quantity of [0, 1])
      expect(await ann.call('PATCH', path, { body: { quantity } })).toBeProblem(404, 'not_found')
    expect(await ann.call('DELETE', path)).toBeProblem(404, 'not_found')
    expect(await ann.orders()).toBeProblem(400, 'cart_empty')
    expect(await ann.adds(product)).toBeProblem(404, 'not_found')
    const products = await simultaneously(100, () => aProduct({ price: '0.00' }))
    for (const each of products) expect((await ann.adds(each)).status).toBe(201)
    expect(await changesFor(ann)).toHaveLength(1)
  })

  it('is told also after an order was placed without it, and no more when the cart was emptied', async () => {
    const { ann, product } = await aCartOf({})
    await ann.adds(await aProduct())
    await deletes(product)
    const told = await changesFor(ann)
    const { status, body } = await ann.orders()
    expect([status, body.items.length]).toEqual([201, 1])
    expect(await ann.cart()).toMatchObject({ items: [], changes: told })
    expect((await ann.call('DELETE', '/api/cart/')).status).toBe(204)
    expect(await changesFor(ann)).toEqual([])
  })

  it('is deleted with its name after ninety days, and a new one is not', async () => {
    const { ann, product } = await aCartOf({})
    const { ann: bob, product: recent } = await aCartOf({})
    await deletes(product)
    await deletes(recent)
    await env.DB.prepare('UPDATE deleted_products SET deleted_at = ? WHERE id = ?')
      .bind(Date.now() - 90 * DAY, product.id)
      .run()
    const { deleted, backlog } = await cleanUp(new Db(env.DB), { now: Date.now() })
    expect(deleted).toMatchObject({ cart_items: 1, deleted_products: 1 })
    expect(backlog).toEqual({})
    expect(await changesFor(ann)).toEqual([])
    expect(await changesFor(bob)).toHaveLength(1)
    expect(await integrityViolations()).toEqual({})
  })

  it('without the name of its product violates the integrity check', async () => {
    const { product, line } = await aCartOf({})
    await deletes(product)
    const name = env.DB.prepare('DELETE FROM deleted_products WHERE id = ? RETURNING *').bind(product.id)
    const { id, name: was, deleted_at } = (await name.first())!
    expect(await integrityViolations()).toEqual({ cart_line_has_product: [line.id] })
    await env.DB.prepare('INSERT INTO deleted_products VALUES (?, ?, ?)').bind(id, was, deleted_at).run()
  })
})

describe('deleting a product', () => {
  it('costs the same in one cart and in ten thousand, and in no cart leaves nothing', async () => {
    const [product, popular, unwanted] = [await aProduct(), await aProduct(), await aProduct()]
    const { ann } = await aCartOf({})
    await ann.adds(product)
    await ann.adds(popular)
    const strangers = JSON.stringify(Array.from({ length: 10_000 }, (_, n) => n))
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO users (email, email_key, name, phone, created_at)
         SELECT value, 'stranger-' || value, '', '', 0 FROM json_each(?)`,
      ).bind(strangers),
      env.DB.prepare(
        `INSERT INTO cart_items (user_id, product_id, quantity)
         SELECT users.id, ?, 1 FROM users WHERE email_key LIKE 'stranger-%'`,
      ).bind(popular.id),
    ])
    const costOf = async (each: { id: number }) => {
      const { rows_read, rows_written } = usageOf(await deletes(each))
      return { rows_read, rows_written }
    }
    const cost = await costOf(product)
    expect(await costOf(popular)).toEqual(cost)
    const without = await costOf(unwanted)
    expect(without.rows_written).toBeLessThan(cost.rows_written)
    const { results } = await env.DB.prepare('SELECT id FROM deleted_products WHERE id IN (?, ?)')
      .bind(popular.id, unwanted.id)
      .all()
    expect(results).toEqual([{ id: popular.id }])
  })
})
