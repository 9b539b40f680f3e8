import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  CATEGORY_NAMES,
  insertProducts,
  generateProduct,
  ensureCategories,
} from '../scripts/database/catalog.ts'
import { app } from '../src/app.ts'
import { COUNTED_MATCHES } from '../src/db/keyset.ts'
import type { Bindings } from '../src/env.ts'
import { get, usageOf } from './http.ts'
import { type Person, someStaff } from './shop.ts'

const PRODUCTS = 20_000
/** What a request may read beside the rows that a numbered page skips and shows. */
const MOST_ROWS = 1100
/** The same where no index has the order: SQLite counts what it sorts as read once more. */
const MOST_ROWS_SORTED = 2100
/** The same of a sorted search, whose matches are counted, found, read and sorted. */
const MOST_ROWS_SEARCHED = 4100
/** Each category is looked up, and its first rows are read to merge them, when the matches are sorted. */
const ROWS_OF_CATEGORY = 8
/** A page that is put together from ids reads each product as a place in the list, as a row, and sorted. */
const ROWS_OF_ID = 3

/** Staff have drafts, too: twice the runs of each of ten categories. */
const MORE_ROWS_OF_STAFF = 100

beforeAll(async () => {
  const category_ids = await ensureCategories(env.DB, CATEGORY_NAMES)
  owner = await someStaff()
  const products = Array.from({ length: PRODUCTS }, (_, n) => generateProduct(n, category_ids, n * 1000))
  // The first half are drafts. One product in three has low stock.
  const rows = products.map((row, n) => ({
    ...row,
    published: n >= PRODUCTS / 2,
    ...(n % 3 === 0 ? { low_stock: 1000 } : {}),
  }))
  for (let n = 0; n < PRODUCTS; n += 500) await insertProducts(env.DB, rows.slice(n, n + 500))
}, 120_000)

let owner: Person

const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined })
const price = fc.integer({ min: 0, max: 1200 }).map((euros) => `${euros}.00`)

/** Words of every product, of one in ten, thirty or some hundreds, of one, and of none. */
const word = fc.constantFrom('box', 'plain', 'ships', 'soft', 'lamp', 'oak', 'weekend', '12345', 'zzz', '!!!')
const prefix = fc.constantFrom('p', 'pla', 'so', 'l', '1', '12', 'zz')
const anySearch = fc.oneof(
  word,
  prefix,
  fc
    .tuple(fc.array(word, { minLength: 1, maxLength: 4 }), fc.oneof(word, prefix))
    .map(([words, last]) => [...words, last].join(' ')),
)

const anyQuery = fc.record({
  search: maybe(anySearch),
  category: maybe(fc.subarray(CATEGORY_NAMES.slice(0, 10), { minLength: 1 })),
  min_price: maybe(price),
  max_price: maybe(price),
  in_stock: maybe(fc.boolean()),
  ordering: maybe(fc.constantFrom('id', 'price', '-price', 'name', '-name', 'created_at', '-created_at')),
  page_size: fc.constantFrom(1, 10, 100),
  /** What staff may ask for in addition. */
  ofStaff: maybe(fc.record({ published: maybe(fc.boolean()), low_stock: maybe(fc.constant(true)) })),
  page: fc.oneof(fc.constant(1), ...[12, 120, 10_001].map((max) => fc.integer({ min: 1, max }))),
})

type AnyQuery = typeof anyQuery extends fc.Arbitrary<infer Query> ? Omit<Query, 'page' | 'ofStaff'> : never

/** What a request may read to show one page after so many rows. */
function mostRows(
  { search, category = [], ordering, min_price, max_price, page_size }: AnyQuery,
  skipped: number,
): number {
  const ids = ROWS_OF_ID * (page_size + 1)
  const isBounded = (min_price ?? max_price) !== undefined
  if (search !== undefined)
    return ordering === undefined ? MOST_ROWS + skipped + ids : MOST_ROWS_SEARCHED + ids
  if (isBounded && !/price/.test(ordering ?? 'price'))
    return MOST_ROWS_SORTED + ROWS_OF_CATEGORY * category.length + ids
  return MOST_ROWS + skipped + page_size
}

type Given = string | number | boolean | undefined

function pathOf(query: Record<string, Given | string[]>, list = '/api/products/'): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value].flat()) if (each !== undefined) search.append(name, String(each))
  }
  return `${list}?${search.toString()}`
}

describe(`a list of ${PRODUCTS} products, half of them drafts`, () => {
  it('reads only the rows it counts and shows, on every page', async () => {
    await fc.assert(
      fc.asyncProperty(anyQuery, async ({ page, ofStaff, ...given }) => {
        const { low_stock } = ofStaff ?? {}
        const { search: _search, min_price: _min, max_price: _max, ordering: _ordering, ...others } = given
        const query: AnyQuery = low_stock
          ? { ...others, search: undefined, min_price: undefined, max_price: undefined, ordering: undefined }
          : given
        const list = ofStaff ? '/api/admin/products/' : '/api/products/'
        const path = pathOf({ ...query, ...ofStaff, page }, list)
        const options = ofStaff ? { token: owner.access } : {}
        const first = await get(path, options)
        if (first.status === 400) {
          expect(first.body.errors.page).toEqual([expect.stringContaining('end at row')])
          expect(usageOf(first).round_trips || 0).toBe(0)
          return
        }
        expect(first.status, path).toBe(200)
        const skipped = (page - 1) * query.page_size
        const more = ofStaff ? MORE_ROWS_OF_STAFF : 0
        expect(usageOf(first).rows_read || 0, path).toBeLessThanOrEqual(mostRows(query, skipped) + more)
        const pages = [
          { link: first.body.next, skips: skipped + query.page_size },
          { link: first.body.previous, skips: skipped },
        ]
        for (const { link, skips } of pages) {
          if (link === null) continue
          const beside = await get(link, options)
          expect(beside.status).toBe(200)
          const most = mostRows(query, query.search === undefined ? 0 : skips) + more
          expect(usageOf(beside).rows_read, link).toBeLessThanOrEqual(most)
        }
      }),
      { numRuns: 300 },
    )
  })

  it.each(CATEGORY_NAMES.slice(0, 10).map((_, n) => n + 1))(
    'reads no more rows where it leaves out the fewest of the thousand, in %i categories',
    async (categories) => {
      const category = CATEGORY_NAMES.slice(0, categories)
      for (const ordering of ['id', 'name', '-created_at'] as const) {
        const query: AnyQuery = {
          search: undefined,
          category,
          min_price: undefined,
          max_price: '1200.00',
          in_stock: undefined,
          ordering,
          page_size: 1,
        }
        for (const page of [1, 20, 32, 43, 44, 45]) {
          for (const [list, token, more] of [
            ['/api/products/', undefined, 0],
            ['/api/admin/products/', owner.access, MORE_ROWS_OF_STAFF],
          ] as const) {
            const path = pathOf({ ...query, page }, list)
            const answer = await get(path, token ? { token } : {})
            expect(usageOf(answer).rows_read, path).toBeLessThanOrEqual(mostRows(query, page - 1) + more)
          }
        }
      }
    },
  )

  it('refuses an altered cursor', async () => {
    const { body } = await get(pathOf({ min_price: '5.00', ordering: '-price' }))
    const url = new URL(body.next)
    const cursor = url.searchParams.get('cursor')!
    const [payload, signature] = cursor.split('.') as [string, string]
    const content = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as object
    const sealed = (change: object) =>
      `${btoa(JSON.stringify({ ...content, ...change })).replaceAll('=', '')}.${signature}`
    const altered = [
      sealed({ count: [5, 0] }),
      sealed({ count: [999, 1] }),
      sealed({ unknown: true }),
      sealed({ skip: 999 }),
      payload,
      `${payload}.`,
      `${payload}.${signature}.`,
      `${payload}.${signature.slice(1)}`,
      `.${signature}`,
      `${payload}.${'é'.repeat(signature.length)}`,
      '',
    ]
    for (const one of altered.slice(0, -1)) {
      url.searchParams.set('cursor', one)
      const answer = await get(url.href)
      expect(answer, one).toBeProblem(400, 'invalid_request', { errors: { cursor: [expect.any(String)] } })
      expect(usageOf(answer).round_trips || 0).toBe(0)
    }
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: cursor.length - 1 }),
        fc.constantFrom('A', '_', '0'),
        async (at, by) => {
          fc.pre(cursor[at] !== by)
          url.searchParams.set('cursor', cursor.slice(0, at) + by + cursor.slice(at + 1))
          expect((await get(url.href)).status).toBe(400)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('refuses a cursor of another list', async () => {
    const { body } = await get(pathOf({ ordering: 'price' }))
    const other = new URL(body.next)
    other.searchParams.set('ordering', '-price')
    expect(await get(other.href)).toBeProblem(400, 'invalid_request', {
      errors: { cursor: [expect.any(String)] },
    })
  })

  it('accepts its cursors during a key rotation, and not after it', async () => {
    const { body } = await get(pathOf({ ordering: 'price' }))
    const ask = (keys: Partial<Bindings>) =>
      app.fetch(new Request(body.next), { ...env, ...keys }, createExecutionContext())
    const JWT_SECRET = 'another secret of the tests, long enough for HS256'
    expect((await ask({ JWT_SECRET, JWT_SECRET_PREVIOUS: env.JWT_SECRET })).status).toBe(200)
    expect((await ask({ JWT_SECRET })).status).toBe(400)
  })

  it('sorts the cheapest thousand between two prices by another order, and walks them all', async () => {
    const seen: { id: number; name: string; price: string }[] = []
    const path = pathOf({ min_price: '5.00', ordering: 'name', page_size: 100 })
    for (let next: string | null = path; next !== null;) {
      const {
        body,
      }: {
        body: { count: number; count_is_lower_bound: boolean; next: string | null; results: typeof seen }
      } = await get(next)
      expect(body).toMatchObject({ count: COUNTED_MATCHES, count_is_lower_bound: true })
      seen.push(...body.results)
      next = body.next
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(COUNTED_MATCHES)
    const { results } = await env.DB.prepare(
      `SELECT id FROM (SELECT * FROM products WHERE published AND price_cents >= 500 ORDER BY price_cents LIMIT 1001)
       ORDER BY name_key, id LIMIT 1000`,
    ).all<{ id: number }>()
    expect(seen.map(({ id }) => id)).toEqual(results.map(({ id }) => id))
  })

  it.each([
    { alike: 'fall', price_cents: (n: number) => 5000 - n },
    { alike: 'rise', price_cents: (n: number) => 2000 + n },
    { alike: 'are scattered', price_cents: (n: number) => 2000 + ((n * 7) % 1201) },
  ])('sorts them also where prices $alike with names and age', async ({ alike, price_cents }) => {
    const [category_id] = await ensureCategories(env.DB, [alike])
    const products = Array.from({ length: 1201 }, (_, n) => ({
      ...generateProduct(n, [category_id!], n * 1000),
      name: `Thing ${n % 600}`, // of each name two
      price_cents: price_cents(n),
    }))
    for (let n = 0; n < products.length; n += 500) await insertProducts(env.DB, products.slice(n, n + 500))
    const columns = { id: 'id', name: 'name_key', created_at: 'created_at' }
    for (const [ordering, column] of Object.entries(columns)) {
      for (const [descending, direction] of [
        ['', 'ASC'],
        ['-', 'DESC'],
      ] as const) {
        if (descending && ordering === 'id') continue
        const { results: expected } = await env.DB.prepare(
          `SELECT id FROM (SELECT * FROM products WHERE category_id = ? ORDER BY price_cents, id LIMIT 1001)
           ORDER BY ${column} ${direction}, id ${direction}`,
        )
          .bind(category_id)
          .all<{ id: number }>()
        for (const page of [
          { size: 1, number: 1 },
          { size: 10, number: 1 },
          { size: 10, number: 5 },
          { size: 100, number: 1 },
          { size: 100, number: 10 },
        ]) {
          const query = {
            category: alike,
            min_price: '5.00',
            ordering: descending + ordering,
            page_size: page.size,
          }
          const path = pathOf({ ...query, page: page.number })
          const answer = await get(path)
          const skipped = (page.number - 1) * page.size
          expect(
            answer.body.results.map(({ id }: { id: number }) => id),
            path,
          ).toEqual(expected.slice(skipped, skipped + page.size).map(({ id }) => id))
          expect(usageOf(answer).rows_read, path).toBeLessThanOrEqual(
            MOST_ROWS_SORTED + ROWS_OF_ID * (page.size + 1),
          )
        }
      }
    }
  })
})
