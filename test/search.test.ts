import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { get, type Answer } from './http.ts'
import { aCategory, aCustomer, anOrder, aProduct, staffEdits } from './shop.ts'

const found = async (search: string, query = '') => {
  const { body } = await get(`/api/products/?search=${encodeURIComponent(search)}&${query}`)
  return body.results.map(({ name }: { name: string }) => name)
}

/** Inserts products of one category with these names and this description. */
async function fill(names: readonly string[], description: string): Promise<void> {
  const { id: category } = await aCategory()
  await env.DB.prepare(
    `INSERT INTO products (name, name_key, description, price_cents, stock, category_id, created_at, updated_at)
     SELECT value, value, ?, 100 * (key + 1), key % 2, ?, 0, 0 FROM json_each(?)`,
  )
    .bind(description, category, JSON.stringify(names))
    .run()
}

describe('?search=', () => {
  let kitchen: Answer['body']

  beforeAll(async () => {
    kitchen = await aCategory({ name: 'Kitchen' })
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
    ['coffee tea', ['Café press', 'Mug']],
    ['cafe', ['Café press']],
    ['CAFÉ', ['Café press']],
    ['caf', ['Café press']],
    ['cof te', ['']],
    ['coffee te', ['Café press', 'Mug']],
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

  it('accepts as many words as fit', async () => {
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

  it('is paged forwards and backwards', async () => {
    const first = (await get('/api/products/?search=tea&page_size=2')).body
    expect([first.count, first.results.length, first.previous]).toEqual([3, 2, null])
    const second = (await get(first.next)).body
    expect([second.count, second.results.length, second.next]).toEqual([3, 1, null])
    expect((await get(second.previous)).body.results).toEqual(first.results)
    expect((await get('/api/products/?search=tea&page_size=2&page=2')).body.results).toEqual(second.results)
  })

  it('puts all words in the name before some of them, and some before none', async () => {
    for (const [name, description] of [
      ['None', 'Gravel and a sieve'],
      ['Gravel rake', 'Not a sieve'],
      ['Sieve for gravel', 'Coarse'],
      ['Pan and sieve', 'Gravel not included'],
      ['Gravel/siève', 'Fine'],
      ['Gravel', 'Nothing else'],
    ] as const)
      await aProduct({ name, description })
    const ranked = ['Sieve for gravel', 'Gravel/siève', 'Gravel rake', 'Pan and sieve', 'None']
    expect(await found('gravel sieve')).toEqual(ranked)
    expect(await found('sieve gravel')).toEqual(ranked)
    expect(await found('SIEVE grav')).toEqual(ranked)
    expect(await found('sieve gravel gravel')).toEqual(ranked)
    const inPages = []
    for (const page of [1, 2, 3]) inPages.push(...(await found('gravel sieve', `page_size=2&page=${page}`)))
    expect(inPages).toEqual(ranked)
  })

  it('finds every word of a name, whatever precedes it', async () => {
    await aProduct({ name: 'None', description: 'kimono' })
    const names = [
      'A-kimono',
      'A (kimono)',
      'A “kimono”',
      'A/kimono',
      "A'kimono",
      'A – kimono',
      'A\u3000kimono',
    ]
    for (const name of names) await aProduct({ name, description: '' })
    expect(await found('kimono')).toEqual([...names, 'None'])
  })

  it('lists the best thousand, whenever they were added', async () => {
    await fill(
      Array.from({ length: 2100 }, (_, n) => (n < 2050 ? 'thing' : 'widget')),
      'widget',
    )
    const first = await get('/api/products/?search=widget&page_size=100')
    expect(first.body).toMatchObject({ count: 1000, count_is_lower_bound: true })
    const results = []
    for (let page = first; ; page = await get(page.body.next)) {
      results.push(...page.body.results)
      if (page.body.next === null) break
    }
    expect(results.map(({ name }) => name)).toEqual([
      ...Array.from({ length: 50 }, () => 'widget'),
      ...Array.from({ length: 950 }, () => 'thing'),
    ])
    expect(new Set(results.map(({ id }) => id)).size).toBe(1000)

    const { body: end } = await get('/api/products/?search=widget&page_size=100&page=10')
    expect([end.results.length, end.next]).toEqual([100, null])
    const beyond = await get('/api/products/?search=widget&page_size=10&page=101')
    expect(beyond).toBeProblem(400, 'invalid_request', {
      errors: { page: [expect.stringContaining('row 1000')] },
    })
  })

  it('sorts the best thousand by an explicit ordering', async () => {
    await fill(
      Array.from({ length: 1200 }, (_, n) => (n < 1100 ? 'ballast' : 'sandbag')),
      'sandbag',
    )
    const { body } = await get('/api/products/?search=sandbag&ordering=price&page_size=100')
    expect(body).toMatchObject({ count: 1000, count_is_lower_bound: true })
    expect(body.results[0].price).toBe('1.00')
    // The hundred most expensive are among them, because they have the word in the name.
    const { body: end } = await get('/api/products/?search=sandbag&ordering=price&page_size=100&page=10')
    expect(end.results.map(({ name }: { name: string }) => name)).toEqual(
      Array.from({ length: 100 }, () => 'sandbag'),
    )
    expect(end.next).toBeNull()
  })

  it('counts exactly up to a thousand, whatever the filters', async () => {
    await fill(
      Array.from({ length: 2002 }, () => 'rivet'),
      '',
    )
    const countOf = async (query: string) => {
      const { count, count_is_lower_bound } = (await get(`/api/products/?search=rivet&${query}`)).body
      return [count, count_is_lower_bound]
    }
    expect(await countOf('max_price=1000')).toEqual([1000, undefined])
    expect(await countOf('max_price=1001')).toEqual([1000, true])
    expect(await countOf('in_stock=true&max_price=2000')).toEqual([1000, undefined])
    expect(await countOf('in_stock=false&max_price=11')).toEqual([6, undefined])
  })

  it('finds prices within bounds to the cent', async () => {
    const prices = ['0', '0.01', '0.09', '0.10', '1.29', '9.99', '10', '12.99', '19.99', '20', '99.99', '100']
    prices.push('999.99', '1000', '99999999.99')
    for (const price of prices) await aProduct({ name: 'Priced', price })
    const priced = prices.map((price) => Number(price).toFixed(2))
    const bounds = ['0', '0.01', '1.28', '9.99', '10', '20', '888.88', '99999999.99']
    for (const min of [undefined, ...bounds]) {
      for (const max of [undefined, ...bounds]) {
        const query = new URLSearchParams({
          search: 'priced',
          page_size: '100',
          ...(min === undefined ? {} : { min_price: min }),
          ...(max === undefined ? {} : { max_price: max }),
        })
        const { body } = await get(`/api/products/?${query.toString()}`)
        const within = priced.filter(
          (price) => Number(price) >= Number(min ?? 0) && Number(price) <= Number(max ?? Infinity),
        )
        expect(body.results.map(({ price }: { price: string }) => price)).toEqual(within)
        expect(body.count).toBe(within.length)
      }
    }
  })

  it('reflects edits by staff', async () => {
    const product = await aProduct({ name: 'Zylophone', description: 'Misspelt' })
    await staffEdits(product, { stock: 1 })
    expect(await found('zylophone')).toEqual(['Zylophone'])
    await staffEdits(product, { name: 'Xylophone' })
    expect([await found('zylophone'), await found('xylophone misspelt')]).toEqual([[], ['Xylophone']])
  })

  it('filters by current values', async () => {
    const [garden, attic] = [await aCategory({ name: 'Garden' }), await aCategory({ name: 'Attic' })]
    const product = await aProduct({ name: 'Trowel', stock: 2, price: '5.00', category: garden.id })
    const ann = await aCustomer()
    await anOrder(ann, product)
    expect(await found('trowel', 'in_stock=true&category=garden&max_price=5')).toEqual(['Trowel'])
    expect(await found('trowel', 'in_stock=false')).toEqual([])
    const last = await anOrder(ann, product)
    expect(await found('trowel', 'in_stock=true')).toEqual([])
    expect(await found('trowel', 'in_stock=false')).toEqual(['Trowel'])
    await ann.cancels(last)
    expect(await found('trowel', 'in_stock=true')).toEqual(['Trowel'])
    await staffEdits(product, { category: attic.id, price: '6.00' })
    expect(await found('trowel', 'category=garden')).toEqual([])
    expect(await found('trowel', 'category=attic&category=garden')).toEqual(['Trowel'])
    expect(await found('trowel', 'max_price=5')).toEqual([])
    expect(await found('trowel', 'min_price=6')).toEqual(['Trowel'])
  })

  it('does not match the marks of the index', async () => {
    const [inKitchen, inStock] = [`\u{E001}${kitchen.id}`, '\u{E002}1']
    const forged = { description: `${inKitchen} ${inStock} \u{E000}forged or forged`, stock: 0 }
    await aProduct({ name: `${inKitchen}${inStock}☕${inKitchen} ${inStock}`, ...forged })
    await aProduct({ name: 'Forged', stock: 0 })
    expect((await found('forged'))[0]).toBe('Forged')
    expect(await found('forged')).toHaveLength(2)
    expect(await found('forged', 'category=kitchen')).toEqual([])
    expect(await found('forged', 'in_stock=true')).toEqual([])
    expect(await found('\u{E001}')).toEqual([])
  })
})
