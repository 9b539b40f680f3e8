import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import {
  CATEGORY_NAMES,
  insertProducts,
  generateProduct,
  ensureCategories,
} from '../scripts/database/catalog.ts'
import { selectProducts } from '../src/catalog/list-products.ts'
import type { ProductFilters } from '../src/catalog/product-runs.ts'
import { compiler } from '../src/db/build.ts'
import type { Query } from '../src/db/client.ts'
import { D1Session } from '../src/db/d1-session.ts'
import { selectAllOrders } from '../src/orders/queries.ts'
import document from '../public/openapi.json'
import { aPicture, uploads } from './a-picture.ts'
import landed from './landed-costs.json'
import { type Answer, call, get, post, usageOf } from './http.ts'
import { listen, type Listener, listenAsStaff } from './listening.ts'
import {
  aCategory,
  aCustomer,
  aDeliveryOption,
  anOrder,
  aProduct,
  aRegisteredCustomer,
  aWebhook,
  PASSWORD,
  type Person,
  theOwner,
  unique,
} from './shop.ts'

const [SMALL, LARGE] = [1000, 20_000]

/** Fills the shop up to this many products, half of them drafts with low stock, and as many orders, half of them of one customer. */
async function grow(from: number, to: number, customer: Person): Promise<void> {
  const category_ids = await ensureCategories(env.DB, CATEGORY_NAMES)
  for (let n = from; n < to; n += 1000) {
    const products = Array.from({ length: 1000 }, (_, index) => ({
      ...generateProduct(n + index, category_ids, Date.now()),
      ...(index < 500 ? {} : { published: false, low_stock: 1000 }),
    }))
    await insertProducts(env.DB, products)
    const stranger = await aCustomer()
    for (const { id } of [customer, stranger]) {
      await env.DB.batch([
        env.DB.prepare(
          `INSERT INTO orders (user_id, total_cents, status, ship_name, ship_phone, created_at, updated_at)
           SELECT ?, 100, iif(value % 2, 'Pending', 'Delivered'), 'Ann', '1', ? + value, ? + value FROM generate_series(1, 500)`.replace(
            'generate_series(1, 500)',
            `json_each('[${Array.from({ length: 500 }, (_, index) => index).join()}]')`,
          ),
        ).bind(id, n * 1000, n * 1000),
        env.DB.prepare(
          `INSERT INTO order_lines (order_id, product_id, product_name, quantity, price_cents)
           SELECT id, 1, 'A thing', 1, 100 FROM orders ORDER BY id DESC LIMIT 500`,
        ),
      ])
    }
  }
}

/** One request for every operation of the document that succeeds, and what it needs beforehand. */
const requests: Record<string, (people: { ann: Person; owner: Person }) => Promise<Answer>> = {
  'GET /api/': () => get('/api/'),
  'GET /api/health/': () => get('/api/health/'),
  'POST /api/users/register/': () =>
    post('/api/users/register/', {
      email: `${unique()}@example.com`,
      password: PASSWORD,
      name: 'N',
      phone: '1',
    }),
  'POST /api/users/guest/': () => post('/api/users/guest/'),
  'GET /api/users/export/': async () => {
    const bob = await aCustomer()
    await anOrder(bob)
    return bob.call('GET', '/api/users/export/')
  },
  'DELETE /api/users/profile/': async () => {
    const bob = await aRegisteredCustomer()
    return bob.call('DELETE', '/api/users/profile/', { body: { password: PASSWORD } })
  },
  'POST /api/users/logout/': async () => {
    const bob = await aCustomer()
    return bob.call('POST', '/api/users/logout/', { body: { refresh: bob.refresh } })
  },
  'GET /api/users/profile/': ({ ann }) => ann.call('GET', '/api/users/profile/'),
  'PUT /api/users/profile/': ({ ann }) =>
    ann.call('PUT', '/api/users/profile/', { body: { name: 'A', phone: '1' } }),
  'PATCH /api/users/profile/': ({ ann }) => ann.call('PATCH', '/api/users/profile/', { body: { name: 'A' } }),
  'POST /api/users/password/': async () => {
    const bob = await aRegisteredCustomer()
    const body = { current_password: PASSWORD, new_password: 'another good password' }
    return bob.call('POST', '/api/users/password/', { body })
  },
  'GET /api/users/sessions/': ({ ann }) => ann.call('GET', '/api/users/sessions/'),
  'DELETE /api/users/sessions/{id}/': async () => {
    const bob = await aCustomer()
    return bob.call('DELETE', `/api/users/sessions/${bob.session_id}/`)
  },
  'POST /api/token/': async () =>
    post('/api/token/', { email: (await aRegisteredCustomer()).email, password: PASSWORD }),
  'POST /api/token/refresh/': async () =>
    post('/api/token/refresh/', { refresh: (await aCustomer()).refresh }),
  'POST /api/token/verify/': async () => post('/api/token/verify/', { token: (await aCustomer()).refresh }),
  'GET /api/products/': () => get('/api/products/'),
  'GET /api/products/{id}/': () => get('/api/products/500/'),
  'GET /api/categories/': () => get('/api/categories/'),
  'GET /api/cart/': async () => {
    const bob = await aCustomer()
    await bob.adds({ id: (await aProduct()).id })
    return bob.call('GET', '/api/cart/')
  },
  'POST /api/cart/': async () => (await aCustomer()).adds(await aProduct()),
  'POST /api/cart/seen/': async () => {
    const bob = await aCustomer()
    const product = await aProduct()
    await bob.adds(product)
    const changes = [{ kind: 'price', product_id: product.id, to: product.price }]
    return bob.call('POST', '/api/cart/seen/', { body: { changes } })
  },
  'DELETE /api/cart/': async () => {
    const bob = await aCustomer()
    await bob.adds(await aProduct())
    return bob.call('DELETE', '/api/cart/')
  },
  'PATCH /api/cart/{id}/': async () => {
    const bob = await aCustomer()
    const { body } = await bob.adds(await aProduct())
    return bob.call('PATCH', `/api/cart/${body.items[0].id}/`, { body: { quantity: 2 } })
  },
  'DELETE /api/cart/{id}/': async () => {
    const bob = await aCustomer()
    const { body } = await bob.adds(await aProduct())
    return bob.call('DELETE', `/api/cart/${body.items[0].id}/`)
  },
  'GET /api/orders/': ({ ann }) => ann.call('GET', '/api/orders/'),
  'POST /api/orders/': async ({ ann }) => {
    await ann.adds(await aProduct())
    return ann.call('POST', '/api/orders/')
  },
  'POST /api/orders/create/': async ({ ann }) => {
    await ann.adds(await aProduct())
    return ann.orders({ expected_total: '10.00' }, { 'Idempotency-Key': unique() })
  },
  'GET /api/orders/events/': ({ ann }) =>
    ann.call('GET', '/api/orders/events/', { headers: { Upgrade: 'websocket' } }),
  'GET /api/orders/{id}/': async ({ ann }) => ann.call('GET', `/api/orders/${(await anOrder(ann)).id}/`),
  'POST /api/orders/{id}/cancel/': async ({ ann }) => ann.cancels(await anOrder(ann)),
  'GET /api/admin/products/': ({ owner }) => owner.call('GET', '/api/admin/products/'),
  'POST /api/admin/products/': async ({ owner }) => {
    const body = { name: 'P', description: '', price: 1, stock: 1, category: (await aCategory()).id }
    return owner.call('POST', '/api/admin/products/', { body })
  },
  'GET /api/admin/products/{id}/': ({ owner }) => owner.call('GET', '/api/admin/products/500/'),
  'PUT /api/admin/products/{id}/': async ({ owner }) => {
    const product = await aProduct()
    const { name, description, price, stock, category } = product
    const headers = { 'If-Match': '*' }
    return owner.call('PUT', `/api/admin/products/${product.id}/`, {
      body: { name, description, price, stock, category },
      headers,
    })
  },
  'PATCH /api/admin/products/{id}/': async ({ owner }) =>
    owner.call('PATCH', `/api/admin/products/${(await aProduct()).id}/`, { body: { stock_delta: 1 } }),
  'DELETE /api/admin/products/{id}/': async ({ owner }) =>
    owner.call('DELETE', `/api/admin/products/${(await aProduct()).id}/`),
  'GET /api/admin/products/{id}/movements/': ({ owner }) =>
    owner.call('GET', '/api/admin/products/500/movements/'),
  'GET /api/delivery-options/': () => get('/api/delivery-options/'),
  'GET /api/admin/delivery-options/': ({ owner }) => owner.call('GET', '/api/admin/delivery-options/'),
  'POST /api/admin/delivery-options/': ({ owner }) =>
    owner.call('POST', '/api/admin/delivery-options/', { body: { name: 'P', price: 1, active: false } }),
  'GET /api/admin/delivery-options/{id}/': async ({ owner }) =>
    owner.call('GET', `/api/admin/delivery-options/${(await aDeliveryOption()).id}/`),
  'PUT /api/admin/delivery-options/{id}/': async ({ owner }) =>
    owner.call('PUT', `/api/admin/delivery-options/${(await aDeliveryOption()).id}/`, {
      body: { name: 'P', price: 1, active: false },
    }),
  'PATCH /api/admin/delivery-options/{id}/': async ({ owner }) =>
    owner.call('PATCH', `/api/admin/delivery-options/${(await aDeliveryOption()).id}/`, {
      body: { price: 2 },
    }),
  'DELETE /api/admin/delivery-options/{id}/': async ({ owner }) =>
    owner.call('DELETE', `/api/admin/delivery-options/${(await aDeliveryOption()).id}/`),
  'POST /api/admin/products/{id}/pictures/': async () => uploads(await aProduct(), await aPicture()),
  'PATCH /api/admin/products/{id}/pictures/{picture_id}/': async ({ owner }) => {
    const { id, pictures } = await aProductWithPicture()
    return owner.call('PATCH', `/api/admin/products/${id}/pictures/${pictures[0].id}/`, {
      body: { alt: 'A' },
    })
  },
  'DELETE /api/admin/products/{id}/pictures/{picture_id}/': async ({ owner }) => {
    const { id, pictures } = await aProductWithPicture()
    return owner.call('DELETE', `/api/admin/products/${id}/pictures/${pictures[0].id}/`)
  },
  'GET /pictures/{file}': async () => get((await aProductWithPicture()).pictures[0].url),
  'POST /api/admin/products/import/': ({ owner }) =>
    owner.call('POST', '/api/admin/products/import/', {
      body: `name,price\n${unique()},1.00\n`,
      headers: { 'Content-Type': 'text/csv' },
    }),
  'GET /api/admin/products/export/': ({ owner }) => owner.call('GET', '/api/admin/products/export/'),
  'GET /api/admin/orders/export/': ({ owner }) => owner.call('GET', '/api/admin/orders/export/'),
  'GET /api/admin/categories/': ({ owner }) => owner.call('GET', '/api/admin/categories/'),
  'POST /api/admin/categories/': ({ owner }) =>
    owner.call('POST', '/api/admin/categories/', { body: { name: unique() } }),
  'GET /api/admin/categories/{id}/': ({ owner }) => owner.call('GET', '/api/admin/categories/1/'),
  'PUT /api/admin/categories/{id}/': async ({ owner }) =>
    owner.call('PUT', `/api/admin/categories/${(await aCategory()).id}/`, { body: { name: unique() } }),
  'PATCH /api/admin/categories/{id}/': async ({ owner }) =>
    owner.call('PATCH', `/api/admin/categories/${(await aCategory()).id}/`, { body: { name: unique() } }),
  'DELETE /api/admin/categories/{id}/': async ({ owner }) =>
    owner.call('DELETE', `/api/admin/categories/${(await aCategory()).id}/`),
  'GET /api/admin/orders/': ({ owner }) => owner.call('GET', '/api/admin/orders/'),
  'GET /api/admin/orders/events/': ({ owner }) =>
    owner.call('GET', '/api/admin/orders/events/', { headers: { Upgrade: 'websocket' } }),
  'GET /api/admin/orders/{id}/': ({ owner }) => owner.call('GET', '/api/admin/orders/1/'),
  'GET /api/admin/orders/{id}/events/': async ({ owner }) =>
    owner.call('GET', `/api/admin/orders/${(await anOrder()).id}/events/`),
  'GET /api/admin/orders/{id}/payments/': async ({ owner }) =>
    owner.call('GET', `/api/admin/orders/${(await anOrder()).id}/payments/`),
  'GET /api/admin/webhooks/': async ({ owner }) => {
    await aWebhook()
    return owner.call('GET', '/api/admin/webhooks/')
  },
  'POST /api/admin/webhooks/': async ({ owner }) => {
    await env.DB.exec('DELETE FROM webhooks')
    const body = { url: 'https://books.example/', types: ['order.paid'], active: false }
    return owner.call('POST', '/api/admin/webhooks/', { body })
  },
  'GET /api/admin/webhooks/{id}/': async ({ owner }) => owner.call('GET', `${(await aWebhook()).path}/`),
  'PATCH /api/admin/webhooks/{id}/': async ({ owner }) =>
    owner.call('PATCH', `${(await aWebhook()).path}/`, { body: { types: ['order.placed'] } }),
  'DELETE /api/admin/webhooks/{id}/': async ({ owner }) =>
    owner.call('DELETE', `${(await aWebhook()).path}/`),
  'POST /api/admin/webhooks/{id}/secret/': async ({ owner }) =>
    owner.call('POST', `${(await aWebhook()).path}/secret/`),
  'POST /api/admin/webhooks/{id}/test/': async ({ owner }) =>
    owner.call('POST', `${(await aWebhook()).path}/test/`),
  'GET /api/admin/webhooks/{id}/deliveries/': async ({ owner }) =>
    owner.call('GET', `${(await aWebhook()).path}/deliveries/`),
  'POST /api/admin/webhooks/deliveries/{id}/send-again/': async ({ owner }) => {
    const { delivery_id } = await aWebhook()
    return owner.call('POST', `/api/admin/webhooks/deliveries/${delivery_id}/send-again/`)
  },
  'GET /api/admin/audit-log/': ({ owner }) => owner.call('GET', '/api/admin/audit-log/'),
  'GET /api/admin/integrity/': ({ owner }) =>
    owner.call('GET', '/api/admin/integrity/?check=stock_is_not_negative'),
  'PATCH /api/admin/orders/{id}/': async ({ owner }) =>
    owner.call('PATCH', `/api/admin/orders/${(await anOrder()).id}/`, { body: { status: 'Cancelled' } }),
}

async function aProductWithPicture() {
  return (await uploads(await aProduct(), await aPicture())).body
}

/** Lists in every combination that an index serves. `{ann}` is the customer with half of all orders. */
const lists = [
  ...['id', 'price', '-price', 'name', '-name', 'created_at', '-created_at'].flatMap((ordering) => [
    `/api/products/?ordering=${ordering}`,
    `/api/products/?ordering=${ordering}&in_stock=false`,
    `/api/products/?ordering=${ordering}&category=Books`,
    `/api/products/?ordering=${ordering}&category=Books&category=Toys&category=Tools`,
    `/api/products/?ordering=${ordering}&category=Books&in_stock=true`,
  ]),
  '/api/products/?min_price=10&max_price=20',
  '/api/products/?min_price=10&ordering=-price',
  '/api/products/?category=Books&in_stock=true&max_price=500',
  '/api/products/?category=Books&category=Toys&min_price=10&in_stock=true',
  '/api/admin/products/?ordering=name&category=Books&category=Toys&category=Tools',
  '/api/admin/products/?published=false&ordering=-price',
  '/api/admin/products/?low_stock=true',
  '/api/admin/products/?low_stock=true&published=false&category=Books&in_stock=true',
  '/api/admin/orders/?ordering=created_at',
  '/api/admin/orders/?status=Pending',
  '/api/admin/orders/?user={ann}',
  '/api/admin/orders/?user={ann}&status=Pending',
  '/api/admin/orders/?created_after=1970-01-01T00:00:00.100Z',
  '/api/orders/',
]

/**
 * Searches in pages of two, whose second page finds enough matches of every rank, also among a thousand products:
 * `plain` and `box` are in every product, `lamp` in one of 30.
 */
const searches = [
  'plain',
  'plain+box',
  'lamp',
  'p',
  'plai',
  'plain&category=Books',
  'plain&category=Books&category=Toys&in_stock=true',
  'plain&in_stock=false',
  'plain&min_price=10&max_price=20',
  'plain&min_price=11.11',
].map((search) => `/api/products/?search=${search}&page_size=2`)

/** A page of ten, what it shows (an order has a line here), and the session check. */
const MOST_ROWS_OF_A_PAGE = { products: 40 + 10, orders: 40 + 20 + 2 }
/** Staff have drafts, too: twice the runs, each of three categories. */
const MORE_ROWS_OF_STAFF = 20
/** The additional rows that the first page of a counted list may read. */
const MOST_ROWS_COUNTED = 1050
/** The second page of a search: five expressions, its 21 best, of which eleven are looked up and sorted; categories by name. */
const MOST_ROWS_OF_A_SEARCH = 5 + 21 + 2 * 11 + 10

/** How much more a request may cost than it did. */
const MOST_GROWTH = 1.5

let ann: Person
let owner: Person

/** Rows read by each list: of a first page, and of the page after it. */
async function rowsOfLists(): Promise<Record<string, { first: number; next: number }>> {
  const rows: Record<string, { first: number; next: number }> = {}
  for (const list of [...lists, ...searches]) {
    const path = list.replace('{ann}', String(ann.id))
    const { access: token } = path.startsWith('/api/admin') ? owner : ann
    const first = await get(path, { token })
    const next = await get(first.body.next, { token })
    rows[list] = { first: usageOf(first).rows_read, next: usageOf(next).rows_read }
  }
  return rows
}

async function costOfRequests(): Promise<Record<string, { round_trips: number; rows_read: number }>> {
  await env.DB.prepare('DELETE FROM delivery_options').run() // a shop has at most fifty, and no index for them
  const costs: Record<string, { round_trips: number; rows_read: number }> = {}
  for (const [name, request] of Object.entries(requests)) {
    const answer = await request({ ann, owner })
    expect(answer.status, `${name} ${answer.text}`).toBeLessThan(300)
    const { round_trips, rows_read } = usageOf(answer)
    costs[name] = { round_trips, rows_read }
  }
  return costs
}

type Cost = Record<'round_trips' | 'statements' | 'rows_read' | 'rows_written', number>

/** Whether a Durable Object reads the log, or the Worker tells the objects of a change of an endpoint. */
function isAfterResponse(batch: readonly { sql: string }[]): boolean {
  return batch.some(({ sql }) => /INTO listening_streams|from "webhooks" where "active"/.test(sql))
}

/** The cost of each request, without that of what it needs beforehand. */
async function fullCostOfRequests(): Promise<Record<string, Cost>> {
  const batches = vi.spyOn(D1Session.prototype, 'batch')
  const costs: Record<string, Cost> = {}
  for (const [name, request] of Object.entries(requests)) {
    const { round_trips, rows_read, rows_written } = usageOf(await request({ ann, owner }))
    const ofRequests = batches.mock.calls.splice(0).filter(([batch]) => !isAfterResponse(batch))
    const own = round_trips === 0 ? [] : ofRequests.slice(-round_trips)
    const statements = own.reduce((sum, [batch]) => sum + batch.length, 0)
    costs[name] = { round_trips, statements, rows_read, rows_written }
  }
  batches.mockRestore()
  return costs
}

describe(`what requests cost at ${SMALL} and at ${LARGE} products and orders`, () => {
  const listeners: Listener[] = []
  let small: Awaited<ReturnType<typeof costOfRequests>>
  let large: typeof small
  let smallLists: Awaited<ReturnType<typeof rowsOfLists>>
  let largeLists: typeof smallLists

  beforeAll(async () => {
    ;[ann, owner] = [await aCustomer(), await theOwner()]
    await aDeliveryOption()
    await ann.cancels(await anOrder(ann)) // the first row of a table costs one more
    await aProductWithPicture()
    await requests['POST /api/admin/products/import/']!({ ann, owner })
    // Both listen from now on: placing an order reads whether they do.
    listeners.push(await listen(ann.access), await listenAsStaff(owner.access))
    await grow(0, SMALL, ann)
    ;[small, smallLists] = [await costOfRequests(), await rowsOfLists()]
    await grow(SMALL, LARGE, ann)
    ;[large, largeLists] = [await costOfRequests(), await rowsOfLists()]
  }, 180_000)

  afterAll(() => {
    for (const listener of listeners) listener.close()
  })

  it('knows every operation of the document but those of payments and mail', () => {
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const ofPayments = [
      'POST /api/orders/{id}/payment/',
      'POST /api/payments/stripe/',
      'POST /api/admin/orders/{id}/refunds/',
    ]
    const ofMail = [
      'GET /api/admin/mail/',
      'POST /api/admin/mail/{id}/send-again/',
      'POST /api/users/password/reset/',
      'POST /api/users/password/reset/confirm/',
      'POST /api/users/email/',
      'POST /api/users/email/confirm/',
      'POST /api/users/email/restore/',
    ]
    expect([...Object.keys(requests), ...ofPayments, ...ofMail].toSorted()).toEqual(documented.toSorted())
  })

  it('is one round trip, two with a password hash, an import or an upload, none without a query', () => {
    const round_trips = Object.fromEntries(
      Object.entries(large).map(([name, cost]) => [name, cost.round_trips]),
    )
    const others = Object.fromEntries(Object.keys(requests).map((name) => [name, 1]))
    expect(round_trips).toEqual({
      ...others,
      'GET /api/': 0,
      'GET /pictures/{file}': 0,
      // The Durable Object queries D1, not the Worker.
      'GET /api/orders/events/': 0,
      'GET /api/admin/orders/events/': 0,
      'POST /api/token/': 2,
      'DELETE /api/users/profile/': 2,
      'POST /api/users/password/': 2,
      // What the shop knows of the file is checked before it is imported.
      'POST /api/admin/products/import/': 2,
      // The files are recorded before they are stored.
      'POST /api/admin/products/{id}/pictures/': 2,
    })
  })

  it('is the same number of rows at either size', () => {
    const [most, least] = [large, small].map((costs) => costs['POST /api/admin/products/import/']!.rows_read)
    expect(most! - least!).toBeLessThan(5) // a look-up by name may read its neighbours in the index
    const apart = (costs: typeof small) => ({ ...costs, 'POST /api/admin/products/import/': undefined })
    expect(apart(large)).toEqual(apart(small))
    expect(Object.fromEntries(Object.entries(largeLists).map(([list, { next }]) => [list, next]))).toEqual(
      Object.fromEntries(Object.entries(smallLists).map(([list, { next }]) => [list, next])),
    )
  })

  it('is not half as much again as when test/landed-costs.json was written, by `vitest run --update`', async () => {
    const costs = await fullCostOfRequests()
    if (inject('updates'))
      return expect(`${JSON.stringify(costs, null, 2)}\n`).toMatchFileSnapshot('landed-costs.json')
    const known: Record<string, Cost> = landed
    expect(Object.keys(known)).toEqual(Object.keys(requests))
    const beyond = Object.entries(costs).flatMap(([name, cost]) =>
      (Object.keys(cost) as (keyof Cost)[])
        .filter((figure) => cost[figure] > MOST_GROWTH * known[name]![figure])
        .map((figure) => `${name}: ${known[name]![figure]} → ${cost[figure]} ${figure}`),
    )
    expect(beyond).toEqual([])
  })

  it('is no more than a few rows beside those shown', () => {
    const tooMany = Object.entries(largeLists).filter(([list, { first, next }]) => {
      const most = list.includes('search')
        ? MOST_ROWS_OF_A_SEARCH
        : MOST_ROWS_OF_A_PAGE[list.includes('products') ? 'products' : 'orders'] +
          (list.startsWith('/api/admin/products') ? MORE_ROWS_OF_STAFF : 0)
      return next > most || first > most + MOST_ROWS_COUNTED
    })
    expect(tooMany).toEqual([])
  })

  it.each([
    'min_price=0&ordering=name',
    'min_price=5&ordering=-created_at',
    'min_price=5&max_price=500&ordering=id&in_stock=true',
    'min_price=900&ordering=-name',
    'max_price=5&ordering=created_at&category=Books&category=Toys',
  ])('is bounded for a price bound with another order than price: %s', async (query) => {
    const first = await get(`/api/products/?${query}`)
    expect(first.body.results).toHaveLength(10)
    expect(usageOf(first).rows_read).toBeLessThan(5 * MOST_ROWS_COUNTED)
    expect(usageOf(await get(first.body.next)).rows_read).toBeLessThan(3 * MOST_ROWS_COUNTED)
  })

  it.each([
    'oak+lamp',
    'plain+999',
    'plain&min_price=900&in_stock=false&category=Books',
    'lamp&max_price=0.01',
    'plain&max_price=0.01',
    'nothing',
  ])('is a few rows for a search with few matches among many: %s', async (search) => {
    const answer = await get(`/api/products/?search=${search}`)
    expect(answer.body.count).toBeLessThan(100)
    expect(usageOf(answer).rows_read).toBeLessThan(100 + MOST_ROWS_OF_A_SEARCH)
  })

  it.each(['lamp&ordering=price', 'plain&ordering=-name', 'plain&page=100', 'plain&page=1000'])(
    'is bounded also where a search looks at all it lists: %s',
    async (search) => {
      expect(usageOf(await get(`/api/products/?search=${search}`)).rows_read).toBeLessThan(
        4 * MOST_ROWS_COUNTED,
      )
    },
  )

  it.each(
    ['', 'user={ann}'].flatMap((user) =>
      ['', 'status=Shipped', 'status=Pending'].flatMap((status) =>
        ['created_at', '-created_at'].map((ordering) => `${user}&${status}&ordering=${ordering}`),
      ),
    ),
  )('is bounded for orders between two moments: %s', async (filters) => {
    const moments = 'created_after=1970-01-01T00:10:00Z&created_before=1970-01-01T05:00:00Z'
    const query = `${filters.replace('{ann}', String(ann.id))}&${moments}`
      .replace(/^&+/, '')
      .replaceAll('&&', '&')
    const answer = await get(`/api/admin/orders/?${query}`, { token: owner.access })
    expect(answer.status).toBe(200)
    expect(usageOf(answer).rows_read).toBeLessThan(MOST_ROWS_OF_A_PAGE.orders + MOST_ROWS_COUNTED)
  })

  it('is the same for products with pictures', async () => {
    const product = await aProductWithPicture()
    const [pictured, plain] = [`/api/products/${product.id}/`, `/api/products/${(await aProduct()).id}/`]
    expect((await get(pictured)).body.pictures).toHaveLength(1)
    expect(usageOf(await get(pictured))).toEqual(usageOf(await get(plain)))
    const newest = '/api/products/?ordering=-created_at&page_size=2'
    const before = usageOf(await get(newest))
    await uploads(await aProduct(), await aPicture())
    expect(usageOf(await get(newest))).toEqual(before)
  })

  it('is under ten rows for a search in a category that does not exist', async () => {
    const answer = await get('/api/products/?search=box&category=none')
    expect([answer.body.count, usageOf(answer).rows_read < 20]).toEqual([0, true])
  })

  it('does not grow towards the end of a list', async () => {
    const bounds = 'ordering=price&min_price=0&max_price=99999999'
    const { body } = await get(`/api/products/?${bounds}&page_size=10&page=100`)
    const answer = await get(body.next)
    expect(answer.body.results.length).toBeGreaterThan(0)
    expect(usageOf(answer).rows_read).toBeLessThan(MOST_ROWS_OF_A_PAGE.products)
  })

  it('counts no further than a thousand matches', async () => {
    const { body } = await get('/api/products/?in_stock=true')
    expect(body).toMatchObject({ count: 1000, count_is_lower_bound: true })
    expect((await get(body.next)).body).toMatchObject({ count: 1000, count_is_lower_bound: true })
    expect((await get('/api/products/?category=Books')).body).not.toHaveProperty('count_is_lower_bound')
  })

  it('sorts nothing that an index has in order', async () => {
    const request = { size: 10, offset: 0, backward: false }
    const filters: ProductFilters[] = [
      {},
      { in_stock: true },
      { category: ['Books'] },
      { category: CATEGORY_NAMES.slice(0, 10) },
    ]
    for (const ordering of ['id', 'price', '-price', 'name', '-name', 'created_at', '-created_at'] as const) {
      for (const filter of filters) {
        const key = [ordering.includes('name') ? 'b' : 500, 5] as const
        for (const after of [undefined, key]) {
          for (const backward of [false, true]) {
            const query = selectProducts({ ...filter, ordering }, { ...request, after, backward })
            expect(await planOf(query)).not.toContain('TEMP B-TREE')
          }
        }
      }
    }
    for (const ordering of ['created_at', '-created_at'] as const) {
      for (const filter of [
        {},
        { status: 'Pending' as const },
        { payment: 'paid' as const },
        { payment: 'paid' as const, status: 'Pending' as const },
        { user: 1 },
        { user: 1, status: 'Pending' as const },
      ]) {
        for (const after of [undefined, [500, 5] as const]) {
          for (const backward of [false, true]) {
            const query = selectAllOrders({ ...filter, ordering }, { ...request, after, backward })
            // The lines of an order are sorted; the orders are not.
            expect(await planOf(query)).not.toContain('TEMP B-TREE FOR ORDER BY')
          }
        }
      }
    }
  })

  it('includes reindexing only when the last unit is sold', async () => {
    const product = await aProduct({ stock: 3 })
    const writtenBy = async (stock_delta: number) =>
      usageOf(await owner.call('PATCH', `/api/admin/products/${product.id}/`, { body: { stock_delta } }))
        .rows_written
    const indexed = async () =>
      await env.DB.prepare('SELECT sum(length(block)) AS size FROM product_words_data').first('size')
    const before = await indexed()
    const sold = await writtenBy(-1)
    expect(await indexed()).toBe(before)
    expect(await writtenBy(-2)).toBeGreaterThan(sold)
    expect(await indexed()).not.toBe(before)
  })

  it('is sent to everyone only with SERVER_TIMING=on', async () => {
    const answer = await call('GET', '/api/products/')
    expect(answer.headers.get('Server-Timing')).toMatch(
      /^d1;dur=[\d.]+;desc="trips=1 rows_read=\d+ rows_written=0"$/,
    )
  })
})

async function planOf(query: Query): Promise<string> {
  const { sql, parameters } = 'compile' in query ? query.compile(compiler) : query
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...parameters)
    .all<{ detail: string }>()
  return results.map(({ detail }) => detail).join('\n')
}
