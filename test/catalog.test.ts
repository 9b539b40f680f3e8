import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, get } from './http.ts'
import {
  aCategory,
  aCustomer,
  anOrder,
  aProduct,
  movementsOf,
  type Person,
  simultaneously,
  staffEdits,
  stockOf,
  theOwner,
  unique,
} from './shop.ts'

let owner: Person
beforeAll(async () => {
  owner = await theOwner()
})

const names = (body: { results: { name: string }[] }) => body.results.map(({ name }) => name)

/** Every page from this one on, by `next`. */
async function allPages(path: string): Promise<{ id: number; name: string }[][]> {
  const pages = []
  for (let next: string | null = path; next !== null;) {
    const { body }: { body: { results: { id: number; name: string }[]; next: string | null } } =
      await get(next)
    pages.push(body.results)
    next = body.next
  }
  return pages
}

describe('GET /api/products/', () => {
  let category: { id: number; name: string }
  let other: { id: number; name: string }
  const inCategory = (query = '') =>
    get(`/api/products/?category=${encodeURIComponent(category.name)}&${query}`)

  beforeAll(async () => {
    category = await aCategory({ name: 'Fruit & Veg' })
    other = await aCategory({ name: 'Straße' })
    for (const [name, price, stock] of [
      ['cherry', '3.00', 5],
      ['Apple', '1.00', 0],
      ['banana', '2.00', 5],
      ['Date', '1.00', 5],
      ['élan', '2.00', 0],
    ] as const) {
      await aProduct({ name, price, stock, category: category.id })
    }
    await aProduct({ name: 'stone', price: '1.50', category: other.id })
  })

  it('shows a product the same in a list and alone', async () => {
    const { body } = await inCategory('page_size=1')
    const [product] = body.results
    expect(product).toEqual({
      id: expect.any(Number),
      name: 'cherry',
      description: 'A thing',
      sku: null,
      price: '3.00',
      stock: 5,
      category: category.id,
      tax_rate: null,
      pictures: [],
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: product.created_at,
    })
    expect((await get(`/api/products/${product.id}`)).body).toEqual(product)
  })

  it.each([
    ['id', ['cherry', 'Apple', 'banana', 'Date', 'élan']],
    ['price', ['Apple', 'Date', 'banana', 'élan', 'cherry']],
    ['-price', ['cherry', 'élan', 'banana', 'Date', 'Apple']],
    ['name', ['Apple', 'banana', 'cherry', 'Date', 'élan']],
    ['-name', ['élan', 'Date', 'cherry', 'banana', 'Apple']],
    ['created_at', ['cherry', 'Apple', 'banana', 'Date', 'élan']],
    ['-created_at', ['élan', 'Date', 'banana', 'Apple', 'cherry']],
  ])('sorts by %s, in pages of two, forwards and backwards', async (ordering, expected) => {
    const first = (await inCategory(`ordering=${ordering}&page_size=2`)).body
    const second = (await get(first.next)).body
    const third = (await get(second.next)).body
    expect([first, second, third].flatMap(names)).toEqual(expected)
    expect([first, second, third].map(({ count }) => count)).toEqual([5, 5, 5])
    expect([first.previous, third.next]).toEqual([null, null])
    const back = (await get(third.previous)).body
    expect(names(back)).toEqual(names(second))
    const start = (await get(back.previous)).body
    expect(names(start)).toEqual(names(first))
    expect(start.previous).toBeNull()
    expect(names((await get(start.next)).body)).toEqual(names(second))
  })

  it('leads from an empty page before the first product back to the products', async () => {
    const { id, name } = await aCategory()
    const [first, second] = [await aProduct({ category: id }), await aProduct({ category: id })]
    const { body: start } = await get(`/api/products/?category=${name}&page_size=1`)
    const { body: end } = await get(start.next)
    await owner.call('DELETE', `/api/admin/products/${first.id}/`)
    const { body: empty } = await get(end.previous)
    expect([empty.results, empty.previous]).toEqual([[], null])
    const { body: next } = await get(empty.next)
    expect(next).toMatchObject({ next: null, previous: null, results: [{ id: second.id }] })
  })

  it.each([
    ['in_stock=true', ['cherry', 'banana', 'Date']],
    ['in_stock=false', ['Apple', 'élan']],
    ['min_price=2', ['banana', 'élan', 'cherry']],
    ['max_price=1.00', ['Apple', 'Date']],
    ['min_price=1.5&max_price=2.5', ['banana', 'élan']],
    ['min_price=1.5&max_price=2.5&in_stock=true', ['banana']],
    ['min_price=2&ordering=-name', ['élan', 'cherry', 'banana']],
    ['min_price=2&ordering=created_at', ['cherry', 'banana', 'élan']],
    ['max_price=2.50&ordering=id', ['Apple', 'banana', 'Date', 'élan']],
    ['min_price=5&max_price=4', []],
    ['in_stock=&min_price=&ordering=', ['cherry', 'Apple', 'banana', 'Date', 'élan']],
  ])('filters by %s', async (query, expected) => {
    const { body } = await inCategory(query)
    expect(names(body)).toEqual(expected)
    expect(body.count).toBe(expected.length)
    const pages = await allPages(`/api/products/?category=fruit%20%26%20veg&page_size=1&${query}`)
    expect(pages.flat().map(({ name }) => name)).toEqual(expected)
  })

  it('merges several categories in order, case-insensitively', async () => {
    const query =
      'category=STRAßE&category=straße&category=FRUIT%20%26%20VEG&category=none&ordering=price&page_size=3'
    const { body } = await get(`/api/products/?${query}`)
    expect(names(body)).toEqual(['Apple', 'Date', 'stone'])
    expect(body.count).toBe(6)
    expect(names((await get(body.next)).body)).toEqual(['banana', 'élan', 'cherry'])
  })

  it('combines ten categories with every other filter', async () => {
    const ten = Array.from(
      { length: 10 },
      (_, n) => `category=${n === 9 ? 'Fruit%20%26%20Veg' : `none${n}`}`,
    ).join('&')
    const { body } = await get(`/api/products/?${ten}&min_price=1&max_price=2&ordering=-name&page_size=1`)
    expect(names(body)).toEqual(['élan'])
    expect(names((await get(body.next)).body)).toEqual(['Date'])
    expect(await get(`/api/products/?${ten}&category=one-more`)).toBeProblem(400, 'invalid_request', {
      errors: { category: [expect.any(String)] },
    })
  })

  it('matches nothing for an unknown category', async () => {
    const empty = { count: 0, next: null, previous: null, results: [] }
    expect((await get('/api/products/?category=nothing')).body).toEqual(empty)
    expect((await get('/api/products/?category=nothing&in_stock=true')).body).toEqual(empty)
  })

  it.each([
    'page_size=0',
    'page_size=101',
    'page_size=ten',
    'page=0',
    'page=1.5',
    'cursor=garbage',
    'cursor=e30',
    'min_price=-1',
    'max_price=cheap',
    'min_price=1.999',
    'max_price=100000000',
    'in_stock=banana',
    'ordering=stock',
    'search=' + 'x'.repeat(201),
    'min_price=1&min_price=2',
  ])('names the parameter in ?%s', async (query) => {
    const name = query.split('=')[0]!
    expect(await get(`/api/products/?${query}`)).toBeProblem(400, 'invalid_request', {
      errors: { [name]: [expect.any(String)] },
    })
  })

  it('pages stably while products are created and deleted', async () => {
    const crowd = await aCategory()
    const made = []
    for (let n = 0; n < 6; n += 1)
      made.push(await aProduct({ name: `p${n}`, price: '5.00', category: crowd.id }))
    const path = `/api/products/?category=${crowd.name}&ordering=price&page_size=2`
    const first = (await get(path)).body
    await owner.call('DELETE', `/api/admin/products/${made[0]!.id}/`)
    await owner.call('DELETE', `/api/admin/products/${made[1]!.id}/`)
    await aProduct({ name: 'cheaper', price: '1.00', category: crowd.id })
    const second = (await get(first.next)).body
    expect(names(second)).toEqual(['p2', 'p3'])
    const third = (await get(second.next)).body
    expect([names(third), third.next, third.count]).toEqual([['p4', 'p5'], null, 6])
    expect(names((await get(second.previous)).body)).toEqual(['cheaper'])
  })

  it('numbers pages for old clients, and continues by cursor', async () => {
    const { body: second } = await inCategory('page=2&page_size=2')
    expect(names(second)).toEqual(['banana', 'Date'])
    expect(second.next).toContain('cursor=')
    expect(second.next).not.toContain('page=')
    expect(names((await get(second.next)).body)).toEqual(['élan'])
    expect(names((await get(second.previous)).body)).toEqual(['cherry', 'Apple'])
    const { status, body: past } = await inCategory('page=900')
    expect([status, past]).toEqual([200, { count: 5, next: null, previous: null, results: [] }])
    expect((await inCategory('page=1000')).status).toBe(200)
    expect(await inCategory('page=1001')).toBeProblem(400, 'invalid_request', {
      errors: { page: [expect.stringContaining('next')] },
    })
    expect((await inCategory(`page=${'9'.repeat(16)}`)).status).toBe(400)
  })

  it('refuses a cursor with other filters, another ordering, another list or a page', async () => {
    const { body } = await inCategory('page_size=2')
    const cursor = new URL(body.next).searchParams.get('cursor')!
    const refusal = { errors: { cursor: [expect.any(String)] } }
    for (const path of [
      `/api/products/?cursor=${cursor}`,
      `/api/products/?category=Fruit%20%26%20Veg&ordering=name&cursor=${cursor}`,
      `/api/products/?category=Fruit%20%26%20Veg&in_stock=true&cursor=${cursor}`,
      `/api/categories/?cursor=${cursor}`,
      `/api/products/?category=Fruit%20%26%20Veg&page=1&cursor=${cursor}`,
    ]) {
      expect(await get(path)).toBeProblem(400, 'invalid_request', refusal)
    }
    expect(
      names((await get(`/api/products?category=Fruit%20%26%20Veg&page_size=1&cursor=${cursor}`)).body),
    ).toEqual(['banana'])
  })

  it('counts all products without filters', async () => {
    const stored = await env.DB.prepare('SELECT count(*) AS n FROM products').first<number>('n')
    expect((await get('/api/products/')).body.count).toBe(stored)
  })

  it('filters by stock after the stock has crossed zero in either direction', async () => {
    const shelf = await aCategory()
    const product = await aProduct({ stock: 1, category: shelf.id })
    const count = async () => (await get(`/api/products/?category=${shelf.name}&in_stock=true`)).body.count
    expect(await count()).toBe(1)
    const buyer = await aCustomer()
    const order = await anOrder(buyer, product)
    expect(await count()).toBe(0)
    await buyer.cancels(order)
    expect(await count()).toBe(1)
    await staffEdits(product, { stock: 0 })
    expect(await count()).toBe(0)
  })
})

describe('GET /api/products/{id}/', () => {
  it.each(['0', '-1', 'abc', '1.5', '99999999', '9'.repeat(30), '%00'])('answers 404 at %s', async (id) => {
    expect(await get(`/api/products/${id}/`)).toBeProblem(404, 'not_found')
  })

  it('answers 304 to a client that has the current version', async () => {
    const product = await aProduct()
    const path = `/api/products/${product.id}/`
    const { headers } = await get(path)
    const tag = headers.get('ETag')!
    expect(tag).toMatch(/^"\d+-\d+"$/)
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const answer = await get(path, { headers: { 'If-None-Match': known } })
      expect([answer.status, answer.text, answer.headers.get('ETag')]).toEqual([304, '', tag])
    }
    await anOrder(undefined, product)
    const answer = await get(path, { headers: { 'If-None-Match': tag } })
    expect([answer.status, answer.body.stock]).toEqual([200, 9])
    const buyer = await aCustomer()
    const order = await anOrder(buyer, product)
    const sold = (await get(path)).headers.get('ETag')
    await buyer.cancels(order)
    expect((await get(path)).headers.get('ETag')).not.toBe(sold)
  })
})

describe('GET /api/categories/', () => {
  it('lists by name with the number of products', async () => {
    const prefix = unique()
    const [b, a] = [
      await aCategory({ name: `${prefix} B` }),
      await aCategory({ name: `${prefix} a`, description: 'First' }),
    ]
    const product = await aProduct({ category: a.id })
    await aProduct({ category: a.id })
    const listed = async () => {
      const pages = await allPages('/api/categories/?page_size=3')
      return pages.flat().filter(({ name }) => name.startsWith(prefix))
    }
    expect(await listed()).toEqual([
      { ...a, product_count: 2 },
      { ...b, product_count: 0 },
    ])
    await staffEdits(product, { category: b.id })
    await owner.call('DELETE', `/api/admin/products/${product.id}/`)
    expect(await listed()).toEqual([
      { ...a, product_count: 1 },
      { ...b, product_count: 0 },
    ])
    expect((await get('/api/categories/')).body.count).toBe(
      (await allPages('/api/categories/')).flat().length,
    )
  })
})

describe('staff and categories', () => {
  const path = '/api/admin/categories/'

  it('create, read, change and delete one', async () => {
    const name = unique()
    const { status, body, headers } = await owner.call('POST', path, { body: { name } })
    expect([status, body]).toEqual([201, { id: expect.any(Number), name, description: '', product_count: 0 }])
    const location = headers.get('Location')!
    expect(location).toBe(`${path}${body.id}/`)
    expect((await owner.call('GET', location)).body).toEqual(body)
    expect((await owner.call('PATCH', location, { body: { description: 'New' } })).body).toEqual({
      ...body,
      description: 'New',
    })
    expect((await owner.call('PUT', location, { body: { name: `${name}!` } })).body).toEqual({
      ...body,
      name: `${name}!`,
    })
    const gone = await owner.call('DELETE', location)
    expect([gone.status, gone.text]).toEqual([204, ''])
    for (const method of ['GET', 'DELETE'])
      expect(await owner.call(method, location)).toBeProblem(404, 'not_found')
    expect(await owner.call('PATCH', location, { body: {} })).toBeProblem(404, 'not_found')
  })

  it('compare names case-insensitively', async () => {
    const name = `Café ${unique()}`
    const { body } = await owner.call('POST', path, { body: { name } })
    expect(await owner.call('POST', path, { body: { name: name.toUpperCase() } })).toBeProblem(
      409,
      'category_exists',
    )
    expect(await owner.call('POST', path, { body: { name: name.normalize('NFD') } })).toBeProblem(
      409,
      'category_exists',
    )
    const other = await aCategory()
    expect(await owner.call('PATCH', `${path}${other.id}/`, { body: { name } })).toBeProblem(
      409,
      'category_exists',
    )
    expect(
      (await owner.call('PATCH', `${path}${body.id}/`, { body: { name: name.toLowerCase() } })).status,
    ).toBe(200)
  })

  it('cannot delete one that has products', async () => {
    const category = await aCategory()
    const product = await aProduct({ category: category.id })
    expect(await owner.call('DELETE', `${path}${category.id}/`)).toBeProblem(409, 'category_not_empty')
    await anOrder(undefined, product)
    await owner.call('DELETE', `/api/admin/products/${product.id}/`)
    expect((await owner.call('DELETE', `${path}${category.id}/`)).status).toBe(204)
  })

  it('do not overwrite each other', async () => {
    const category = await aCategory()
    const at = `${path}${category.id}/`
    const tag = (await owner.call('GET', at)).headers.get('ETag')!
    await aProduct({ category: category.id }) // moves the count, which is nobody's edit
    expect(
      (await owner.call('PATCH', at, { body: { description: 'One' }, headers: { 'If-Match': tag } })).status,
    ).toBe(200)
    const late = { body: { description: 'Two' }, headers: { 'If-Match': tag } }
    expect(await owner.call('PATCH', at, late)).toBeProblem(412, 'precondition_failed')
    expect((await owner.call('GET', at)).body.description).toBe('One')
  })

  it.each([[{}], [{ name: '' }], [{ name: 'x'.repeat(256) }], [{ name: 7 }]])(
    'get an error for the field in %j',
    async (body) => {
      expect(await owner.call('POST', path, { body })).toBeProblem(400, 'invalid_request', {
        errors: { name: [expect.any(String)] },
      })
    },
  )
})

describe('staff and products', () => {
  const path = '/api/admin/products/'
  const at = (product: { id: number }) => `${path}${product.id}/`

  it('create one, with numbers as strings or not', async () => {
    const category = await aCategory()
    const body = {
      name: 'Laptop',
      description: 'Cool',
      price: '1299.99',
      stock: '10',
      category: String(category.id),
    }
    const answer = await owner.call('POST', path, { body })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('Location')).toBe(at(answer.body))
    expect(answer.body).toMatchObject({ name: 'Laptop', price: '1299.99', stock: 10, category: category.id })
    expect((await owner.call('GET', at(answer.body))).body).toEqual(answer.body)
    expect((await owner.call('POST', path, { body: { ...body, price: 0.1, stock: 0 } })).body.price).toBe(
      '0.10',
    )
  })

  it.each([
    ['price', -1],
    ['price', '1.999'],
    ['price', 1.999],
    ['price', 1e-7],
    ['price', '1e3'],
    ['price', 'NaN'],
    ['price', '100000000.00'],
    ['price', 1e30],
    ['price', null],
    ['price', true],
    ['stock', -1],
    ['stock', 1.5],
    ['stock', '1.5'],
    ['stock', 1_000_000_001],
    ['stock', []],
    ['category', 999_999],
    ['category', 'Electronics'],
    ['name', undefined],
    ['description', undefined],
    ['description', 'x'.repeat(10_001)],
  ])('get an error for %s when it is %j', async (field, value) => {
    const category = await aCategory()
    const body = {
      name: 'P',
      description: '',
      price: '1.00',
      stock: 1,
      category: category.id,
      [field]: value,
    }
    const before = (await get('/api/products/')).body.count
    expect(await owner.call('POST', path, { body })).toBeProblem(400, 'invalid_request', {
      errors: { [field]: [expect.any(String)] },
    })
    expect((await get('/api/products/')).body.count).toBe(before)
  })

  it.each(['0', '0.01', '99999999.99'])('can set the price %s', async (price) => {
    expect((await aProduct({ price })).price).toBe(Number(price).toFixed(2))
  })

  it('replace and change one', async () => {
    const [product, category] = [await aProduct(), await aCategory()]
    const body = { name: 'New', description: 'New', price: '2.00', stock: 3, category: category.id }
    const replaced = await owner.call('PUT', at(product), { body })
    expect(replaced.body).toEqual({ ...product, ...body, updated_at: expect.any(String) })
    expect(Date.parse(replaced.body.updated_at)).toBeGreaterThanOrEqual(Date.parse(product.updated_at))
    expect((await staffEdits(product, { price: 3 })).body).toMatchObject({ ...body, price: '3.00' })
    expect((await staffEdits(product, {})).body).toMatchObject({ ...body, price: '3.00' })
    expect(await owner.call('PUT', at(product), { body: { name: 'Half' } })).toMatchObject({ status: 400 })
    expect(await staffEdits({ id: 999_999 }, { price: 3 })).toBeProblem(404, 'not_found')
    expect(await staffEdits(product, { category: 999_999 })).toBeProblem(400, 'invalid_request', {
      errors: { category: ['There is no such category.'] },
    })
  })

  it('set the stock to a count, or correct it by differences that add up', async () => {
    const product = await aProduct({ stock: 10 })
    await simultaneously(10, () => staffEdits(product, { stock_delta: -1 }))
    expect(await stockOf(product)).toBe(0)
    expect(await staffEdits(product, { stock_delta: -1 })).toBeProblem(409, 'insufficient_stock', {
      available: 0,
    })
    expect(await staffEdits(product, { stock_delta: 1_000_000_000 })).toMatchObject({ status: 200 })
    expect(await staffEdits(product, { stock_delta: 1 })).toBeProblem(409, 'stock_too_large', {
      available: 1_000_000_000,
    })
    await staffEdits(product, { stock: 7 })
    await staffEdits(product, { stock: 7 })
    expect(await staffEdits(product, { stock: 1, stock_delta: 1 })).toBeProblem(400, 'invalid_request', {
      errors: { stock_delta: ['Give either stock or stock_delta, not both.'] },
    })
    const movements = await movementsOf(product)
    expect(movements.slice(-2)).toMatchObject([
      { delta: 1_000_000_000, reason: 'correction', stock_after: 1_000_000_000, actor_id: owner.id },
      { delta: 7 - 1_000_000_000, reason: 'stock-take', stock_after: 7 },
    ])
    expect(movements.reduce((sum, { delta }) => sum + Number(delta), 0)).toBe(7)
  })

  it('do not change a product when a count matches its stock', async () => {
    const product = await aProduct({ stock: 5 })
    const before = await owner.call('GET', at(product))
    const after = await staffEdits(product, { stock: 5 })
    expect(after.body).toEqual(before.body)
    expect(after.headers.get('ETag')).toBe(before.headers.get('ETag'))
  })

  it('can lower a stock that a cancellation has pushed above the limit', async () => {
    const product = await aProduct({ stock: 2 })
    const ann = await aCustomer()
    const order = await anOrder(ann, product, 2)
    await staffEdits(product, { stock: 1_000_000_000 })
    await ann.cancels(order)
    expect((await staffEdits(product, { stock_delta: -1 })).body.stock).toBe(1_000_000_001)
  })

  it('cannot set a name that is too long for a cursor', async () => {
    const { id: category } = await aCategory()
    const body = { description: '', price: 1, stock: 1, category }
    expect((await owner.call('POST', path, { body: { ...body, name: '㍿'.repeat(255) } })).status).toBe(201)
    expect(
      (await owner.call('POST', path, { body: { ...body, name: 'ﷺ'.repeat(255) } })).body.errors,
    ).toHaveProperty('name')
    const { body: page } = await get('/api/products/?ordering=-name&page_size=1')
    expect((await get(page.next)).status).toBe(200)
  })

  it('edit a product without overwriting the stock that orders take meanwhile', async () => {
    const product = await aProduct({ stock: 10 })
    const tag = (await owner.call('GET', at(product))).headers.get('ETag')!
    await anOrder(undefined, product, 4)
    const edit = { body: { price: '12.00' }, headers: { 'If-Match': tag } }
    const answer = await owner.call('PATCH', at(product), edit)
    expect([answer.status, answer.body.stock]).toEqual([200, 6])
    // The same ETag is now stale for edits and for a count of the stock.
    expect(await owner.call('PATCH', at(product), edit)).toBeProblem(412, 'precondition_failed')
    const fresh = answer.headers.get('ETag')!
    await anOrder(undefined, product)
    const count = { body: { stock: 6 }, headers: { 'If-Match': fresh } }
    expect(await owner.call('PATCH', at(product), count)).toBeProblem(412, 'precondition_failed')
    expect(await owner.call('DELETE', at(product), { headers: { 'If-Match': fresh } })).toBeProblem(
      412,
      'precondition_failed',
    )
    expect(await stockOf(product)).toBe(5)
    const newest = (await owner.call('GET', at(product))).headers.get('ETag')!
    const weak = { body: { stock: 6 }, headers: { 'If-Match': `"0-0", W/${newest}` } }
    expect((await owner.call('PATCH', at(product), weak)).body.stock).toBe(6)
    expect((await owner.call('DELETE', at(product), { headers: { 'If-Match': '*' } })).status).toBe(200)
  })

  it.each(['1-1', 'W/', '"'])(
    'cannot edit or delete one with If-Match: %j, which names no version',
    async (tag) => {
      const product = await aProduct()
      const headers = { 'If-Match': tag }
      const refusal = { errors: { 'If-Match': [expect.stringContaining('ETag')] } }
      const edit = await owner.call('PATCH', at(product), { body: { price: '12.00' }, headers })
      expect(edit).toBeProblem(400, 'invalid_request', refusal)
      expect(await owner.call('DELETE', at(product), { headers })).toBeProblem(
        400,
        'invalid_request',
        refusal,
      )
      expect((await owner.call('GET', at(product))).body.price).toBe('10.00')
    },
  )

  it('delete one from every list and cart, while orders keep it', async () => {
    const product = await aProduct({ name: `Doomed ${unique()}`, stock: 5 })
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    const order = await anOrder(ann, product, 2)
    await bob.adds(product)

    const answer = await owner.call('DELETE', at(product))

    expect([answer.status, answer.body]).toEqual([200, { detail: 'Product successfully deleted.' }])
    expect((await bob.cart()).items).toEqual([])
    for (const gone of [
      get(`/api/products/${product.id}/`),
      owner.call('GET', at(product)),
      owner.call('DELETE', at(product)),
    ]) {
      expect(await gone).toBeProblem(404, 'not_found')
    }
    expect((await get(`/api/products/?search=${encodeURIComponent(product.name)}`)).body.count).toBe(0)
    expect((await ann.orderHistory())[0]).toEqual(order)
    expect((await movementsOf(product)).at(-1)).toMatchObject({
      delta: -3,
      stock_after: 0,
      reason: 'deletion',
    })
    expect((await aProduct()).id).toBeGreaterThan(product.id)
  })

  it('are the only ones allowed', async () => {
    const [ann, product] = [await aCustomer(), await aProduct({ stock: 3 })]
    for (const [method, body] of [
      ['PUT', { stock: 9 }],
      ['PATCH', { stock: 9 }],
      ['DELETE', undefined],
      ['GET', undefined],
    ] as const) {
      expect(await ann.call(method, at(product), { body })).toBeProblem(403, 'not_staff')
      expect(await call(method, at(product), { body })).toBeProblem(401, 'token_missing')
    }
    expect(await stockOf(product)).toBe(3)
  })
})
