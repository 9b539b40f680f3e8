import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_STALENESS_SECONDS } from '../src/http/edge-cache.ts'
import { d1Through } from './d1.ts'
import { EdgeCache } from './edge.ts'
import { aPicture, fileAt, uploads } from './a-picture.ts'
import { get, ORIGIN } from './http.ts'
import { aCategory, aCustomer, anOrder, aProduct, type Person, theOwner, unique } from './shop.ts'

let owner: Person
let edge: EdgeCache
/** Resolvers of the waits before a second purge, which take seconds. */
let waiting: (() => void)[]

beforeAll(async () => {
  owner = await theOwner()
})

beforeEach(() => {
  edge = new EdgeCache()
  waiting = []
  const real = scheduler
  const wait = (milliseconds: number) =>
    milliseconds < 1000 ? real.wait(milliseconds) : new Promise<void>((resolve) => waiting.push(resolve))
  vi.stubGlobal('scheduler', { wait })
})

afterEach(async () => {
  await muchLater()
  vi.unstubAllGlobals()
})

async function read(path: string, headers: Record<string, string> = {}) {
  const answer = await edge.fetch(new Request(path.startsWith('http') ? path : ORIGIN + path, { headers }))
  const text = await answer.text()
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    cache: answer.headers.get('CF-Cache-Status'),
    body: text === '' ? undefined : JSON.parse(text),
  }
}

async function staff(method: string, path: string, body?: unknown, { access } = owner) {
  const answer = await edge.fetch(
    new Request(ORIGIN + path, {
      method,
      headers: { Authorization: `Bearer ${access}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )
  await edge.settle()
  return {
    status: answer.status,
    body: answer.status === 204 ? undefined : await answer.json<{ id: number }>(),
  }
}

/** Lets the second purge happen. */
async function muchLater(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) {
    for (const go of waiting.splice(0)) go()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('the edge', () => {
  it('serves the public catalog without the Worker, also to customers with a token', async () => {
    const ann = await aCustomer()
    const { id } = await aProduct()
    for (const path of ['/api/products/', `/api/products/${id}/`, '/api/categories/']) {
      const first = await read(path, { Authorization: `Bearer ${ann.access}` })
      const second = await read(path)
      expect([first.cache, second.cache, second.text]).toEqual(['MISS', 'HIT', first.text])
      expect((await read(path, { Authorization: `Bearer ${ann.access}` })).cache).toBe('HIT')
    }
  })

  it('answers 304 to clients with the current version, for everything public', async () => {
    const { id } = await aProduct()
    for (const path of ['/api/products/', `/api/products/${id}/`, '/api/categories/']) {
      const tag = (await get(path)).headers.get('ETag')!
      const fromWorker = await get(path, { headers: { 'If-None-Match': tag } })
      expect([fromWorker.status, fromWorker.text, fromWorker.headers.get('ETag')]).toEqual([304, '', tag])
      await read(path)
      expect((await read(path, { 'If-None-Match': tag })).status).toBe(304)
      expect((await read(path, { 'If-None-Match': '"other"' })).status).toBe(200)
    }
  })

  it('does not cache carts, orders, accounts, staff routes, errors and meta routes', async () => {
    const token = { Authorization: `Bearer ${owner.access}` }
    for (const [path, headers] of [
      ['/api/cart/', token],
      ['/api/orders/', token],
      ['/api/users/profile/', token],
      ['/api/admin/products/', token],
      ['/api/admin/categories/', token],
      ['/api/cart/', {}],
      ['/api/products/999999999/', {}],
      ['/api/products/?page_size=0', {}],
      ['/api/nothing/', {}],
      ['/api/health/', {}],
      ['/api/', {}],
    ] as const) {
      await read(path, headers)
      expect((await read(path, headers)).cache, path).toBe('BYPASS')
    }
  })

  it('leaks nothing that belongs to one request', async () => {
    const { id } = await aProduct()
    for (const path of ['/api/products/', `/api/products/${id}/`, '/api/categories/']) {
      const { headers } = await get(path)
      expect([headers.get('X-Request-Id'), headers.get('X-D1-Bookmark'), headers.get('Set-Cookie')]).toEqual([
        null,
        null,
        null,
      ])
    }
    expect((await get('/api/products/?page=0')).headers.get('X-Request-Id')).toMatch(/\w/)
  })

  it('links each list to the host of the request, although the key has no host', async () => {
    await aProduct()
    await aProduct()
    for (const host of ['https://one.example', 'https://two.example', 'https://one.example']) {
      expect((await read(`${host}/api/products/?page_size=1`)).body.next).toMatch(`${host}/api/products/`)
    }
    expect((await read('https://one.example/api/products/?page_size=1')).cache).toBe('HIT')
  })

  it('stores one response per allowed origin if there is a list of origins', async () => {
    edge = new EdgeCache({ ALLOWED_ORIGINS: 'https://one.example, https://two.example' })
    for (const Origin of ['https://one.example', 'https://two.example', 'https://one.example']) {
      const { headers } = await read('/api/products/', { Origin })
      expect(headers.get('Access-Control-Allow-Origin')).toBe(Origin)
    }
    expect((await read('/api/products/', { Origin: 'https://two.example' })).cache).toBe('HIT')
  })

  it('serves stale responses up to the maximum age, and no longer, when D1 is unreachable', async () => {
    let fails = false
    edge = new EdgeCache({
      DB: d1Through(env.DB, (statements, session) =>
        fails ? Promise.reject(new Error('Network connection lost.')) : session.batch(statements),
      ),
    })
    const path = `/api/products/${(await aProduct()).id}/`
    await read(path)
    fails = true
    edge.clock += MAX_STALENESS_SECONDS - 1
    expect((await read(path)).status).toBe(200)
    edge.clock += 2
    expect((await read(path)).status).toBe(503)
  })
})

describe('a change by staff', () => {
  it('is seen by the next reader, in every response that it affects', async () => {
    const category = await aCategory()
    const other = await aCategory()
    const products = [await aProduct({ category: category.id }), await aProduct({ category: category.id })]
    const paths = [
      ...products.map(({ id }) => `/api/products/${id}/`),
      '/api/categories/?page_size=100',
      ...['id', 'price', '-price', 'name', '-name', 'created_at', '-created_at'].map(
        (ordering) => `/api/products/?page_size=3&ordering=${ordering}`,
      ),
      ...[
        'in_stock=true',
        'in_stock=false',
        'min_price=5',
        'max_price=5',
        'search=thing',
        'search=special',
        'search=special&ordering=price',
        'search=sku-77',
        'min_price=5&ordering=name',
      ].map((query) => `/api/products/?page_size=3&${query}`),
      ...[category, other].flatMap(({ name }) => {
        const query = `category=${encodeURIComponent(name)}`
        return [`/api/products/?${query}`, `/api/products/?${query}&in_stock=true&max_price=20`]
      }),
    ]
    const chosen = fc.nat(1)
    const change = fc.oneof(
      fc.record({ n: chosen, price: fc.constantFrom('1.00', '10.00', '99.00') }),
      fc.record({ n: chosen, name: fc.constantFrom('Aa', 'Special', 'Zz') }),
      fc.record({ n: chosen, description: fc.constantFrom('', 'A thing', 'special') }),
      fc.record({ n: chosen, stock: fc.nat(1) }),
      fc.record({ n: chosen, stock_delta: fc.nat(2) }),
      fc.record({ n: chosen, category: fc.constantFrom(category.id, other.id) }),
      fc.record({ n: chosen, published: fc.boolean() }),
      fc.record({ n: fc.constant(0), sku: fc.constantFrom(null, 'SKU-77', 'SKU-78') }),
      fc.record({ n: chosen, low_stock: fc.constantFrom(null, 3) }),
      fc.record({ comes: fc.constant(true) }),
      fc.record({ renames: fc.constantFrom(category.id, other.id) }),
      fc.record({ adds: fc.constant('category') }),
    )
    const come: number[] = []
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        for (const what of changes) {
          for (const path of paths) await read(path)
          if ('n' in what) {
            const { n, ...body } = what
            expect((await staff('PATCH', `/api/admin/products/${products[n]!.id}/`, body)).status).toBe(200)
          } else if ('renames' in what)
            await staff('PATCH', `/api/admin/categories/${what.renames}/`, { name: unique() })
          else if ('adds' in what) await staff('POST', '/api/admin/categories/', { name: unique() })
          else if (come.length > 0) await staff('DELETE', `/api/admin/products/${come.pop()}/`)
          else {
            const body = { name: 'Special', description: '', price: 5, stock: 1, category: category.id }
            come.push((await staff('POST', '/api/admin/products/', body)).body!.id)
          }
          for (const path of paths) {
            const now = await (await edge.origin(new Request(ORIGIN + path))).text()
            expect((await read(path)).text, `${path} after ${JSON.stringify(what)}`).toBe(now)
          }
        }
      }),
      { numRuns: 25 },
    )
  })

  it('to a category is seen by searches of its words', async () => {
    const category = await aCategory()
    const [{ id }] = [await aProduct(), await aProduct({ category: category.id })]
    const path = `/api/products/?search=${encodeURIComponent(category.name)}`
    const found = async () => JSON.parse((await read(path)).text).count
    expect(await found()).toBe(1)
    await staff('PATCH', `/api/admin/products/${id}/`, { category: category.id })
    expect(await found()).toBe(2)
    await staff('PATCH', `/api/admin/categories/${category.id}/`, { name: unique() })
    expect(await found()).toBe(0)
  })

  it('purges only what it affects', async () => {
    const [mine, another] = [await aProduct(), await aProduct()]
    const untouched = [`/api/products/${another.id}/`, '/api/categories/', `/api/products/?ordering=price`]
    for (const path of [...untouched, `/api/products/${mine.id}/`]) await read(path)
    await staff('PATCH', `/api/admin/products/${mine.id}/`, { description: 'Other words' })
    expect(edge.purges).toEqual([[`product-${mine.id}`, 'products-by-description']])
    const { cache } = await read(`/api/products/${another.id}/`)
    expect(cache).toBe('HIT')
    expect((await read('/api/categories/')).cache).toBe('HIT')
    expect((await read(`/api/products/${mine.id}/`)).cache).toBe('MISS')
  })

  it('keeps files of pictures, and purges a product when its pictures change', async () => {
    const product = await aProduct()
    const { body } = await uploads(product, await aPicture())
    const { id, url } = body.pictures[0]
    const list = '/api/products/?ordering=-created_at'
    for (const path of [`/api/products/${product.id}/`, list]) await read(path)
    const pictures = `/api/admin/products/${product.id}/pictures/${id}/`
    expect((await staff('PATCH', pictures, { alt: 'A mug' })).status).toBe(200)
    expect(edge.purges).toEqual([[`product-${product.id}`]])
    expect((await read(`/api/products/${product.id}/`)).body.pictures[0].alt).toBe('A mug')
    expect((await read(list)).cache).toBe('MISS')
    expect((await staff('DELETE', pictures)).status).toBe(200)
    expect((await read(`/api/products/${product.id}/`)).body.pictures).toEqual([])
    const { headers } = await fileAt(url)
    expect(headers.get('X-Request-Id')).toBeNull()
  })

  it('purges nothing if refused, and neither does an order, its cancellation or its shipping', async () => {
    const product = await aProduct()
    await staff('PATCH', `/api/admin/products/${product.id}/`, { stock_delta: -1000 })
    await staff('DELETE', '/api/admin/products/999999999/')
    const ann = await aCustomer()
    const [one, two] = [await anOrder(ann, product), await anOrder(ann, product)]
    await staff('POST', `/api/orders/${one.id}/cancel/`, undefined, ann)
    await staff('PATCH', `/api/admin/orders/${two.id}/`, { status: 'Shipped' })
    await muchLater()
    expect(edge.purges).toEqual([])
  })

  it('is purged again later, because a read in flight may have stored the old response', async () => {
    const { id } = await aProduct()
    const path = `/api/products/${id}/`
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    let hasRead = false
    const slow = new EdgeCache({
      DB: d1Through(env.DB, async (statements, session) => {
        const results = await session.batch(statements)
        if (results.length > 1) return results // of the edit
        hasRead = true
        await held
        return results
      }),
    })
    edge = slow
    const reading = read(path)
    await vi.waitUntil(() => hasRead, 10_000)
    await staff('PATCH', `/api/admin/products/${id}/`, { price: '77.00' })
    release()
    await reading
    expect((await read(path)).body.price).toBe('10.00')
    await muchLater()
    expect((await read(path)).body.price).toBe('77.00')
  })

  it('is seen within a minute when the purge is refused or lost', async () => {
    const { id } = await aProduct({ price: '1.00' })
    const paths = [`/api/products/${id}/`, '/api/products/?ordering=-created_at']
    /** What the shop served, and since when. */
    const shown = new Map<string, { since: number; text: string }[]>(paths.map((path) => [path, []]))
    const note = async () => {
      for (const path of paths) {
        const text = await (await edge.origin(new Request(ORIGIN + path))).text()
        const states = shown.get(path)!
        if (states.at(-1)?.text !== text) states.push({ since: edge.clock, text })
      }
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            purging: fc.constantFrom('is refused' as const, 'is lost' as const),
            cents: fc.nat(99),
            edits: fc.boolean(),
            seconds: fc.nat(40),
          }),
          { minLength: 3, maxLength: 10 },
        ),
        async (steps) => {
          for (const { purging, cents, edits, seconds } of steps) {
            edge.purging = purging
            if (edits) await staff('PATCH', `/api/admin/products/${id}/`, { price: cents / 100 })
            await note()
            edge.clock += seconds
            for (const path of paths) {
              const { text } = await read(path)
              const states = shown.get(path)!
              const state = states.findLastIndex((each) => each.text === text)
              expect(state).toBeGreaterThanOrEqual(0)
              const until = states[state + 1]?.since ?? edge.clock
              expect(edge.clock - until).toBeLessThanOrEqual(MAX_STALENESS_SECONDS)
              await edge.settle()
            }
          }
        },
      ),
      { numRuns: 25 },
    )
  })
})

describe('purges', () => {
  it('are immediate, and repeated together for changes close in time', async () => {
    const { id } = await aProduct()
    for (let n = 0; n < 5; n += 1) await staff('PATCH', `/api/admin/products/${id}/`, { stock_delta: 1 })
    expect(edge.purges).toHaveLength(5)
    await muchLater()
    expect(edge.purges.slice(5)).toEqual([[`product-${id}`, 'products-by-stock']])
  })

  it('use one tag when there are too many for a call', async () => {
    const [{ id }, categories] = [await aProduct(), Array.from({ length: 101 }, () => aProduct())]
    await staff('PATCH', `/api/admin/products/${id}/`, { stock_delta: 1 })
    for (const product of await Promise.all(categories))
      await staff('PATCH', `/api/admin/products/${product.id}/`, { stock_delta: 1 })
    await muchLater()
    expect(edge.purges.at(-1)).toEqual(['catalog'])
  })

  it('pause when Cloudflare refuses one, and the rest is purged later', async () => {
    const [one, two] = [await aProduct(), await aProduct()]
    edge.purging = 'is refused'
    await staff('PATCH', `/api/admin/products/${one.id}/`, { price: 3 })
    await staff('PATCH', `/api/admin/products/${two.id}/`, { price: 3 })
    expect(edge.purges).toHaveLength(1)
    edge.purging = 'works'
    await muchLater()
    expect(edge.purges.at(-1)).toEqual([`product-${one.id}`, 'products-by-price', `product-${two.id}`])
  })

  it('are skipped without a cache', async () => {
    const { id } = await aProduct()
    expect((await owner.call('PATCH', `/api/admin/products/${id}/`, { body: { price: 3 } })).status).toBe(200)
  })
})
