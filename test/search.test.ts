import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { get } from './http.ts'
import { aCategory, aProduct, staffEdits } from './shop.ts'

const found = async (search: string, query = '') => {
  const { body } = await get(`/api/products/?search=${encodeURIComponent(search)}&${query}`)
  return body.results.map(({ name }: { name: string }) => name)
}

describe('?search=', () => {
  beforeAll(async () => {
    const kitchen = await aCategory({ name: 'Kitchen' })
    await aProduct({
      name: 'Café press',
      description: 'For coffee, not tea',
      price: '30.00',
      category: kitchen.id,
    })
    await aProduct({
      name: 'Tea pot',
      description: 'Holds a litre',
      price: '20.00',
      stock: 0,
      category: kitchen.id,
    })
    await aProduct({ name: 'Mug', description: 'For tea or coffee', price: '5.00' })
    await aProduct({ name: 'Straßenschild', description: "Robert'); DROP TABLE products;--" })
    await aProduct({ name: '電気ケトル', description: '保温' })
    await aProduct({ name: 'Kettle', description: 'The ﬁlter of ＡＢＣ fits ｶﾒﾗ' })
  })

  it.each([
    ['tea', ['Tea pot', 'Mug', 'Café press']],
    ['TEA', ['Tea pot', 'Mug', 'Café press']],
    ['coffee tea', ['Mug', 'Café press']],
    ['cafe', ['Café press']],
    ['CAFÉ', ['Café press']],
    ['caf', ['Café press']],
    ['cof te', ['']],
    ['coffee te', ['Mug', 'Café press']],
    ['ｔｅａ', ['Tea pot', 'Mug', 'Café press']],
    ['straßen', ['Straßenschild']],
    ['電気', ['電気ケトル']],
    ['press  for', ['Café press']],
    ['nothing of the kind', []],
    ['ﬁlter', ['Kettle']],
    ['ＡＢＣ kettle', ['Kettle']],
    ['ｶﾒﾗ', ['Kettle']],
    ['㎏', []],
  ])('%s', async (search, expected) => {
    const names = await found(search)
    expect(names.toSorted()).toEqual(expected.filter(Boolean).toSorted())
    expect(names[0]).toBe(expected[0] || undefined)
  })

  it.each([
    '!!!',
    '"',
    '*',
    'AND',
    'tea AND',
    '(',
    'name:tea',
    "'; --",
    '^tea',
    'NEAR(tea pot)',
    '\u{1E900}',
    '\u0301',
    '-',
    'a"b',
  ])('is plain text, never syntax: %j', async (search) => {
    expect((await get(`/api/products/?search=${encodeURIComponent(search)}`)).status).toBe(200)
  })

  it('takes as many words as fit', async () => {
    const words = Array.from({ length: 100 }, (_, n) => String.fromCodePoint(97 + (n % 26))).join(' ')
    expect(await found(words)).toEqual([])
    expect(await found('ﬁlter '.repeat(28))).toEqual(['Kettle'])
  })

  it('matches nothing without a word', async () => {
    expect((await get('/api/products/?search=!!!')).body).toEqual({
      count: 0,
      next: null,
      previous: null,
      results: [],
    })
  })

  it('combines with the filters', async () => {
    expect(await found('tea', 'category=KITCHEN')).toEqual(['Tea pot', 'Café press'])
    expect(await found('tea', 'in_stock=true&max_price=10')).toEqual(['Mug'])
    expect(await found('tea', 'category=none')).toEqual([])
  })

  it('puts a word in the name before one in the description', async () => {
    await aProduct({ name: 'Plain pan', description: 'saucer' })
    await aProduct({ name: 'Saucer with a long name that weighs it down a little', description: 'China' })
    expect((await found('saucer'))[0]).toMatch(/^Saucer/)
    expect(await found('saucer', 'category=%20KITCHEN%20')).toEqual([])
    expect(await found('pot', 'category=%20KITCHEN%20')).toEqual(['Tea pot'])
  })

  it('sorts by an explicit ordering', async () => {
    expect(await found('tea', 'ordering=price')).toEqual(['Mug', 'Tea pot', 'Café press'])
    expect(await found('tea', 'ordering=-name')).toEqual(['Tea pot', 'Mug', 'Café press'])
  })

  it('is paged, forth and back', async () => {
    const first = (await get('/api/products/?search=tea&page_size=2')).body
    expect([first.count, first.results.length, first.previous]).toEqual([3, 2, null])
    const second = (await get(first.next)).body
    expect([second.count, second.results.length, second.next]).toEqual([3, 1, null])
    expect((await get(second.previous)).body.results).toEqual(first.results)
    expect((await get('/api/products/?search=tea&page_size=2&page=2')).body.results).toEqual(second.results)
  })

  it('lists the best thousand and ranks no more than two', async () => {
    const [{ id: category }] = [await aCategory()]
    const rows = Array.from({ length: 2100 }, (_, n) => ({ n, name: n < 2050 ? 'thing' : 'widget' }))
    await env.DB.prepare(
      `INSERT INTO products (name, name_key, description, price_cents, stock, category_id, created_at, updated_at)
       SELECT value ->> 'name', value ->> 'name', 'widget', 100, 1, ?, 0, 0 FROM json_each(?)`,
    )
      .bind(category, JSON.stringify(rows))
      .run()
    const { body } = await get('/api/products/?search=widget&page_size=100')
    expect(body).toMatchObject({ count: 1000, count_is_lower_bound: true })
    // The better matches come after the first two thousand, which are all that is ranked.
    expect(body.results[0].name).toBe('thing')
    const { body: end } = await get('/api/products/?search=widget&page_size=100&page=10')
    expect([end.results.length, end.next]).toEqual([100, null])
    const { body: past } = await get('/api/products/?search=widget&page_size=10&page=150')
    expect(past.results).toEqual([])
    expect((await get(past.previous)).body.results).toHaveLength(10)
  })

  it('follows what staff change', async () => {
    const product = await aProduct({ name: 'Zylophone', description: 'Misspelt' })
    await staffEdits(product, { stock: 1 })
    expect(await found('zylophone')).toEqual(['Zylophone'])
    await staffEdits(product, { name: 'Xylophone' })
    expect([await found('zylophone'), await found('xylophone misspelt')]).toEqual([[], ['Xylophone']])
  })
})
