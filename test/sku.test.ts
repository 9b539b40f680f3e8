import { describe, expect, it } from 'vitest'
import { get, post } from './http.ts'
import { aCategory, aProduct, countBy, simultaneously, staffEdits, theOwner, unique } from './shop.ts'

const owner = await theOwner()

async function found(search: string, list = '/api/products/'): Promise<number[]> {
  const { body } = await owner.call('GET', `${list}?search=${encodeURIComponent(search)}`)
  expect(body.count).toBe(body.results.length)
  return body.results.map(({ id }: { id: number }) => id)
}

/** A SKU that no other test has: letters and a number. */
const aSku = () => `${unique().replace('-', '')}-1001`

describe('the sku of a product', () => {
  it('is optional, shown to everybody, changed and taken away', async () => {
    expect(await aProduct()).toMatchObject({ sku: null })
    const sku = aSku()
    const product = await aProduct({ sku: `  ${sku} ` })
    expect(product.sku).toBe(sku)
    expect((await get(`/api/products/${product.id}/`)).body.sku).toBe(sku)
    const other = aSku()
    const edited = await staffEdits(product, { sku: other })
    expect(edited.body.sku).toBe(other)
    expect(edited.headers.get('ETag')).toBe('"2-1"')
    expect((await staffEdits(product, { sku: other })).headers.get('ETag')).toBe('"2-1"')
    expect((await staffEdits(product, { name: 'Renamed' })).body.sku).toBe(other)
    expect((await staffEdits(product, { sku: null })).body.sku).toBe(null)
    expect(await found(other)).toEqual([])
    expect((await aProduct({ sku: other })).sku).toBe(other)
  })

  it('is replaced with the other fields by PUT, as are draft and threshold', async () => {
    const product = await aProduct({ sku: aSku(), published: false, low_stock: 3 })
    const { name, description, price, stock, category } = product
    const path = `/api/admin/products/${product.id}/`
    const put = (body: object) =>
      owner.call('PUT', path, { body: { name, description, price, stock, category, ...body } })
    const kept = { sku: product.sku, published: false, low_stock: 3 }
    expect((await put(kept)).body).toMatchObject(kept)
    expect((await put({})).body).toMatchObject({ sku: null, published: true, low_stock: null })
  })

  it.each([
    [' KB-7 ', 'kb-7'],
    ['ＫＢ-8', 'kb-8'],
    ['kb  9', 'KB 9'],
    ['kb\u200b10', 'KB10'],
    ['Größe', 'GRÖSSE'.replace('SS', 'ß')],
  ])('is the same for %j and %j', async (sku, same) => {
    const product = await aProduct({ sku })
    const other = await aProduct()
    const { id: category } = await aCategory()
    const body = { name: 'x', description: '', price: 1, stock: 1, category, sku: same }
    expect(await post('/api/admin/products/', body, { token: owner.access })).toBeProblem(409, 'sku_exists')
    expect(await staffEdits(other, { sku: same, price: '99.00' })).toBeProblem(409, 'sku_exists')
    expect((await get(`/api/products/${other.id}/`)).body).toMatchObject({ sku: null, price: '10.00' })
    expect((await staffEdits(product, { sku: same })).body.sku).toBe(same)
  })

  it('belongs to one product, also of those created at the same time, and is free after a deletion', async () => {
    const { id: category } = await aCategory()
    const sku = aSku()
    const body = { name: 'x', description: '', price: 1, stock: 1, category, sku }
    const answers = await simultaneously(5, () => post('/api/admin/products/', body, { token: owner.access }))
    expect(countBy(answers, ({ status }) => status)).toEqual({ 201: 1, 409: 4 })
    const [product] = answers.filter(({ status }) => status === 201)
    await owner.call('DELETE', `/api/admin/products/${product!.body.id}/`)
    expect((await post('/api/admin/products/', body, { token: owner.access })).status).toBe(201)
  })

  it.each([
    [{ sku: '' }, 'sku', 'Must not be empty.'],
    [{ sku: 'x'.repeat(65) }, 'sku', 'Must have at most 64 characters.'],
    [{ sku: 'a\nb' }, 'sku', 'Must not contain control characters.'],
    [{ sku: 1001 }, 'sku', 'Must be text.'],
    [{ low_stock: -1 }, 'low_stock', 'Must be a whole number from 0 to 1000000000.'],
    [{ low_stock: 1.5 }, 'low_stock', 'Must be a whole number from 0 to 1000000000.'],
  ])('is refused with its field: %j', async (given, field, message) => {
    const product = await aProduct()
    expect(await staffEdits(product, given)).toBeProblem(400, 'invalid_request', {
      errors: { [field]: [message] },
    })
    expect((await staffEdits(product, {})).body).toEqual(product)
  })

  it('finds its product: exact, in any case, by prefix, without its separators', async () => {
    const sku = aSku()
    const product = await aProduct({ sku })
    const longer = await aProduct({ sku: `${sku}0` })
    const [letters] = sku.split('-') as [string]
    for (const search of [sku, sku.toUpperCase(), `${letters} 1001`, `${letters}1001`])
      expect(await found(search), search).toEqual([product.id, longer.id])
    for (const search of [letters, `${letters}-10`, letters.slice(0, -1)])
      expect(await found(search), search).toEqual([product.id, longer.id])
    expect(await found(`${sku}0`)).toEqual([longer.id])
    expect(await found(`${sku} x`)).toEqual([])
  })

  it('is found before longer ones and before its words in names', async () => {
    const sku = aSku()
    const named = await aProduct({ name: `Replaces ${sku}` })
    const longer = await aProduct({ sku: `${sku}-B` })
    const product = await aProduct({ sku })
    expect(await found(sku)).toEqual([product.id, named.id, longer.id])
  })

  it('of a draft is found by staff only', async () => {
    const draft = await aProduct({ sku: aSku(), published: false })
    expect([await found(draft.sku), await found(draft.sku, '/api/admin/products/')]).toEqual([[], [draft.id]])
  })
})
