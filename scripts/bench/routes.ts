import { BUYERS, buyers, fillCarts, goodFor, idsOf, logIn, readers, spread, CART_LINES } from './customers.ts'
import type { Call } from './load.ts'
import { COMMON_WORD, RARE_WORD, type Shop } from './shop.ts'

/** A route that is measured. */
export interface Route {
  name: string
  /** Which of the shop's two Workers responds. */
  worker: 'kiosk' | 'baselines'
  /** The status that every response must have. */
  status: number
  /** The requests of one measurement: `amount` of them, or fewer if they can be repeated. */
  prepare(shop: Shop, amount: number): Call[] | Promise<Call[]>
  /** The number of requests available, if each can be sent only once. */
  atMost?: number
}

export const BARE: Route = baseline('bare route', '/bare')
export const SELECT_1: Route = baseline('`select 1`', '/select-1')

const FILTERS = 'category=Books&min_price=20&max_price=500&in_stock=true'

const ADD_TO_CART: Route = {
  name: 'add a fifth to the cart',
  worker: 'kiosk',
  status: 201,
  atMost: BUYERS,
  async prepare({ db, goods, secret }, amount) {
    const customers = buyers(amount)
    await fillCarts(db, customers, goods, CART_LINES - 1)
    const tokens = await logIn(db, customers, secret)
    return idsOf(customers).map((customer, index) => {
      const product_id = goodFor(customer, goods, CART_LINES - 1)
      return post('/api/cart/', { product_id }, tokens[index]!.access)
    })
  },
}

const PLACE_ORDER: Route = {
  name: 'place an order of five',
  worker: 'kiosk',
  status: 201,
  atMost: BUYERS,
  async prepare({ db, goods, secret }, amount) {
    const customers = buyers(amount)
    await fillCarts(db, customers, goods, CART_LINES)
    const tokens = await logIn(db, customers, secret)
    return tokens.map(({ access }) => post('/api/orders/create/', {}, access))
  },
}

const PLACE_ORDER_ONCE: Route = {
  ...PLACE_ORDER,
  name: 'the same, with Idempotency-Key',
  async prepare(shop, amount) {
    const calls = await PLACE_ORDER.prepare(shop, amount)
    return calls.map((call) => ({
      ...call,
      headers: { ...call.headers, 'Idempotency-Key': crypto.randomUUID() },
    }))
  },
}

const REFRESH: Route = {
  name: 'refresh',
  worker: 'kiosk',
  status: 200,
  atMost: BUYERS,
  async prepare({ db, secret }, amount) {
    const tokens = await logIn(db, buyers(amount), secret)
    return tokens.map(({ refresh }) => post('/api/token/refresh/', { refresh }))
  },
}

/** The queries of a route without its HTTP: the CPU that the route takes at least. */
const QUERIES: Route[] = [
  alone('one product', ({ products }) => spread(products, 500).map((id) => `product/${id}`)),
  alone('first page', () => ['page']),
  alone('filtered, by name', () => ['filtered']),
  alone('cart of five', () => idsOf(readers).map((id) => `cart/${id}`)),
  {
    ...alone('add a fifth to the cart', () => []),
    atMost: BUYERS,
    async prepare({ db, goods }, amount) {
      await fillCarts(db, buyers(amount), goods, CART_LINES - 1)
      return idsOf(buyers(amount)).map((id) => ({
        path: `/queries/addition/${id}?product=${goodFor(id, goods, CART_LINES - 1)}`,
      }))
    },
  },
  {
    ...alone('place an order of five', () => []),
    atMost: BUYERS,
    async prepare({ db, goods }, amount) {
      await fillCarts(db, buyers(amount), goods, CART_LINES)
      return idsOf(buyers(amount)).map((id) => ({ path: `/queries/order/${id}` }))
    },
  },
  {
    ...alone('refresh', () => []),
    atMost: BUYERS,
    async prepare({ db, secret }, amount) {
      await logIn(db, buyers(amount), secret)
      return idsOf(buyers(amount)).map((id) => ({ path: `/queries/refresh/${id}` }))
    },
  },
]

const ONE_PRODUCT = reading('one product', ({ products }) =>
  spread(products, 500).map((id) => `/api/products/${id}/`),
)
const FIRST_PAGE = reading('first page', () => ['/api/products/'])
const FILTERED_BY_NAME = filtered('name')
const CART = readingOwn('cart of five', '/api/cart/')

/** The same requests to the same routes, without the middleware that all routes share. */
const ALONE = [ONE_PRODUCT, FIRST_PAGE, FILTERED_BY_NAME, CART, ADD_TO_CART, PLACE_ORDER, REFRESH].map(
  (route): Route => ({ ...route, name: `without middleware: ${route.name}`, worker: 'baselines' }),
)

/** In the order of the table. */
export const ROUTES: Route[] = [
  BARE,
  reading('`GET /api/`, without D1', () => ['/api/']),
  baseline('read of KV', '/kv'),
  baseline('`select 1` and a log line', '/select-1-logged'),
  baseline('`update` of one row', '/update'),
  ...[3, 10].map((times) => baseline(`batch of ${times} \`select 1\``, `/select-1/${times}`)),
  FIRST_PAGE,
  reading('deep page by cursor', ({ deep }) => [deep.id]),
  reading('deep page by cursor, by price', ({ deep }) => [deep.price]),
  ONE_PRODUCT,
  ...['price', '-price'].map(filtered),
  FILTERED_BY_NAME,
  filtered('-created_at'),
  ...['price', '-price', 'name', '-name', 'created_at', '-created_at'].map((ordering) =>
    reading(`by ${ordering}`, () => [`/api/products/?ordering=${ordering}`]),
  ),
  reading('search: a word of ten products', () => [`/api/products/?search=${RARE_WORD}`]),
  reading('search: two words', () => ['/api/products/?search=oak+lamp']),
  reading('search: a word of all products', () => [`/api/products/?search=${COMMON_WORD}`]),
  CART,
  ADD_TO_CART,
  PLACE_ORDER,
  PLACE_ORDER_ONCE,
  readingOwn('order history', '/api/orders/', 1),
  readingOwn('profile', '/api/users/profile/'),
  REFRESH,
  ...ALONE,
  ...QUERIES,
]

function baseline(name: string, path: string): Route {
  return { name, worker: 'baselines', status: 200, prepare: () => [{ path }] }
}

function alone(route: string, pathsOf: (shop: Shop) => string[]): Route {
  return {
    ...baseline(`queries alone: ${route}`, ''),
    prepare: (shop) => pathsOf(shop).map((path) => ({ path: `/queries/${path}` })),
  }
}

function reading(name: string, pathsOf: (shop: Shop) => string[]): Route {
  return { name, worker: 'kiosk', status: 200, prepare: (shop) => pathsOf(shop).map((path) => ({ path })) }
}

function filtered(ordering: string): Route {
  return reading(`filtered, by ${ordering}`, () => [`/api/products/?${FILTERS}&ordering=${ordering}`])
}

/** The same path for each of the readers, with the token of each. */
function readingOwn(name: string, path: string, count = readers.count): Route {
  return {
    name,
    worker: 'kiosk',
    status: 200,
    async prepare({ db, secret }) {
      const tokens = await logIn(db, { ...readers, count }, secret)
      return tokens.map(({ access }) => ({ path, headers: bearing(access) }))
    },
  }
}

function post(path: string, body: object, access?: string): Call {
  return {
    method: 'POST',
    path,
    headers: { 'Content-Type': 'application/json', ...(access === undefined ? {} : bearing(access)) },
    body: JSON.stringify(body),
  }
}

function bearing(access: string): Record<string, string> {
  return { Authorization: `Bearer ${access}` }
}
