import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { anOrder, aProduct, staffEdits, staffMoves, theOwner } from './shop.ts'

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

  it('has no entry for reads, refused requests or customers', async () => {
    const product = await aProduct()
    const before = await newest()
    await staffEdits(product, { stock_delta: -1000 })
    await staffEdits({ id: 999_999_999 }, { price: 1 })
    await anOrder(undefined, product)
    await (await theOwner()).call('GET', `/api/admin/products/${product.id}/`)
    expect(await newest()).toEqual(before)
  })

  it('is append-only', async () => {
    await aProduct()
    for (const statement of ['UPDATE audit_log SET actor_id = 1', 'DELETE FROM audit_log']) {
      await expect(env.DB.prepare(statement).run()).rejects.toThrow('audit_log is append-only')
    }
  })
})
