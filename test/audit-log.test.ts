import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Bindings } from '../src/env.ts'
import worker from '../src/index.ts'
import { aCategory, anOrder, aProduct, staffEdits, staffMoves, theOwner } from './shop.ts'

describe('the audit log', () => {
  const newest = async () => {
    const { body } = await (await theOwner()).call('GET', '/api/admin/audit-log/?page_size=1')
    return body.results[0]
  }

  it('has an entry for every writing request of staff, with account and request', async () => {
    const { email } = await theOwner()
    const product = await aProduct()
    await staffEdits(product, { price: '12.50' })
    expect(await newest()).toEqual({
      id: expect.any(Number),
      actor: email,
      method: 'PATCH',
      path: `/api/admin/products/${product.id}`,
      body: '{"price":"12.50"}',
      at: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    const order = await anOrder()
    await staffMoves(order, 'Shipped')
    expect(await newest()).toMatchObject({
      path: `/api/admin/orders/${order.id}`,
      body: '{"status":"Shipped"}',
    })
  })

  it('has an entry for an edit that sends the words of a product or a category as they are', async () => {
    const owner = await theOwner()
    const product = await aProduct()
    const { id, name } = await aCategory()
    const edits: [string, Record<string, unknown>][] = [
      [`products/${product.id}`, { name: product.name, price: '12.50' }],
      [`products/${product.id}`, { name: product.name, sku: null, stock: 77 }],
      [`categories/${id}`, { name, description: 'another' }],
      [`categories/${id}`, { name: name.toUpperCase() }],
    ]
    for (const [path, body] of edits) {
      expect((await owner.call('PATCH', `/api/admin/${path}`, { body })).status).toBe(200)
      expect(await newest()).toMatchObject({ path: `/api/admin/${path}`, body: JSON.stringify(body) })
    }
  })

  it('has no entry for reads, refused requests or customers', async () => {
    const product = await aProduct()
    const before = await newest()
    await staffEdits(product, { stock_delta: -1000 })
    await staffEdits({ id: 999_999_999 }, { price: 1 })
    await anOrder(undefined, product)
    await (await theOwner()).call('GET', `/api/admin/products/${product.id}/`)
    expect(await newest()).toEqual(before)
  })

  it('has no entry for requests that change nothing or fail with 404', async () => {
    const owner = await theOwner()
    const product = await aProduct({ price: '12.50' })
    const category = await aCategory()
    const order = await anOrder()
    await staffMoves(order, 'Shipped')
    const before = await newest()
    await staffEdits(product, {})
    await staffEdits(product, { price: '12.50' })
    await staffEdits(product, { stock_delta: 0 })
    await staffMoves(order, 'Shipped')
    await owner.call('PATCH', `/api/admin/categories/${category.id}/`, { body: { name: category.name } })
    await owner.call('DELETE', '/api/admin/products/999999999/')
    await owner.call('DELETE', '/api/admin/categories/999999999/')
    await owner.call('PATCH', '/api/admin/categories/999999999/', { body: { name: 'New' } })
    // HEAD reads, whatever its statement looks like.
    await owner.call('HEAD', '/api/admin/products/?min_price=1&ordering=name')
    await owner.call('HEAD', '/api/admin/orders/?status=Pending')
    expect(await newest()).toEqual(before)
  })

  it('leaves version and updated_at of a product alone when an edit changes nothing', async () => {
    const product = await aProduct({ price: '12.50' })
    const { headers, body } = await staffEdits(product, { price: '12.50' })
    expect(headers.get('ETag')).toBe('"1-1"')
    expect(body.updated_at).toBe(product.updated_at)
  })

  it('stores the change alone, up to its bound', async () => {
    const product = await aProduct()
    await staffEdits(product, { price: '1.50', junk: 'x'.repeat(60_000) })
    expect((await newest()).body).toBe('{"price":"1.50"}')
    await staffEdits(product, { price: '1.60', toString: 'x', constructor: 'x' })
    expect((await newest()).body).toBe('{"price":"1.60"}')
    await staffEdits(product, { description: 'y'.repeat(9000) })
    expect((await newest()).body).toHaveLength(4096)
  })

  it('is kept for as long as the operator says, and counts what is left', async () => {
    const owner = await theOwner()
    await aProduct()
    const count = async () => (await owner.call('GET', '/api/admin/audit-log/')).body.count
    const all = await count()
    const DAY = 86_400_000
    await env.DB.batch(
      [31, 29].map((days, n) =>
        env.DB.prepare('INSERT INTO audit_log (id, method, path, at) VALUES (?, ?, ?, ?)').bind(
          n - 1,
          'COMMAND',
          'old',
          Date.now() - days * DAY,
        ),
      ),
    )
    const runs = (settings: Partial<Bindings>) =>
      worker.scheduled(createScheduledController(), { ...env, ...settings })
    await runs({})
    expect(await count()).toBe(all + 2)
    await runs({ RETAIN_AUDIT_DAYS: '30' })
    expect(await count()).toBe(all + 1)
    await runs({ RETAIN_AUDIT_DAYS: '28' })
    expect(await count()).toBe(all)
  })

  it('is append-only', async () => {
    await aProduct()
    for (const statement of ['UPDATE audit_log SET actor_id = 1', 'DELETE FROM audit_log']) {
      await expect(env.DB.prepare(statement).run()).rejects.toThrow('audit_log is append-only')
    }
  })
})
