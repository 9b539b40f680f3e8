import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions, unstable_splitSqlQuery } from 'wrangler'
import { CATEGORY_NAMES, ensureCategories, generateProduct, seedProducts } from '../database/catalog.ts'
import type { Bundles } from './build.ts'
import { workerds } from './cpu.ts'
import {
  BUYERS,
  CART_LINES,
  fillCarts,
  findGoods,
  insertCustomers,
  insertHistories,
  insertOtherOrders,
  READERS,
  readers,
} from './customers.ts'

/** In the description of every product. */
export const COMMON_WORD = 'plain'
/** In the descriptions of ten products, at any size. */
export const RARE_WORD = 'heirloom'
const RARE_PRODUCTS = 10

/** The products before the 10 000th page of ten; a smaller shop uses its last page. */
const DEEP_ROWS = 99_990
const LARGEST_PAGE = 100

/** A shop of one size, in a workerd of its own. */
export interface Shop {
  products: number
  /** The addresses of the Worker and of the baselines. */
  origin: string
  baselines: string
  db: D1Database
  secret: string
  /** Of workerd; undefined where it is unknown. */
  pid: number | undefined
  goods: number[]
  /** Paths of deep pages, by id and by price. */
  deep: { id: string; price: string }
  close(): Promise<void>
}

/** Starts workerd on an empty database and fills the shop. With `limits`, every request is counted against its rate limits. */
export async function openShop(
  products: number,
  bundles: Bundles,
  folder: string,
  progress: (what: string, milestone: boolean) => void,
  { limits = false }: { limits?: boolean } = {},
): Promise<Shop> {
  const secret = crypto.randomUUID()
  const before = workerds()
  const miniflare = start(bundles, join(folder, String(products)), secret, limits)
  const origin = await originOf(miniflare, 'kiosk')
  const { DB: db } = await miniflare.getBindings<{ DB: D1Database }>('kiosk')

  await migrate(db)
  const now = Date.now()
  const category_ids = await ensureCategories(db, CATEGORY_NAMES)
  const apart = Math.floor(products / RARE_PRODUCTS)
  const generate = (n: number) => {
    const product = generateProduct(n, category_ids, now)
    if (n % apart === 0 && n < apart * RARE_PRODUCTS) product.description += ` An ${RARE_WORD}.`
    return product
  }
  await seedProducts(db, products, generate, (inserted) =>
    progress(`${inserted} inserted`, inserted === products || inserted % 50_000 === 0),
  )
  await insertCustomers(db, { from: 1, count: READERS + BUYERS }, now)
  await insertHistories(db, now)
  await insertOtherOrders(db, products, now, (inserted) =>
    progress(`${inserted} orders inserted`, inserted === products || inserted % 100_000 === 0),
  )
  const goods = await findGoods(db, products)
  await fillCarts(db, readers, goods, CART_LINES)

  progress('finding a deep page', false)
  const rows = Math.min(DEEP_ROWS, Math.floor(products / 10) * 10 - 10)
  return {
    products,
    origin,
    baselines: await originOf(miniflare, 'baselines'),
    db,
    secret,
    pid: workerds().find((pid) => !before.includes(pid)),
    goods,
    deep: {
      id: await findPage(`${origin}/api/products/`, rows),
      price: await findPage(`${origin}/api/products/?ordering=price`, rows),
    },
    close: () => miniflare.dispose(),
  }
}

/** Starts both Workers with the bindings of wrangler.toml, each on a socket of its own, without a proxy. */
function start(bundles: Bundles, folder: string, secret: string, limits: boolean): Miniflare {
  const { workerOptions } = unstable_getMiniflareWorkerOptions('wrangler.toml')
  // Static files would add a router in front of the Worker; modulesRules only matter for bundling.
  const { assets: _assets, modulesRules: _rules, ...bound } = workerOptions
  const common = {
    ...bound,
    modules: true,
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    bindings: {
      ...(bound['bindings'] as object),
      JWT_SECRET: secret,
      SERVER_TIMING: 'on',
      // Out of reach: each buyer orders several times a round, and nothing is shipped.
      MAX_OPEN_ORDERS: '1000000',
      MAX_OPEN_UNITS: '1000000',
      MAX_OPEN_VALUE: '99999999.99',
      ...(limits ? {} : { RATE_LIMITING: 'off' }),
    },
    ratelimits: unlimited(bound['ratelimits'] as RateLimits) as never,
  }
  return new Miniflare(
    convertV4MiniflareOptions({
      resourcePersistencePath: folder,
      cf: false,
      // Drops the log line of each request, but shows errors.
      handleStructuredLogs({ level, message }) {
        if (level === 'error') console.error(message)
      },
      workers: [
        { ...common, name: 'kiosk', script: bundles.kiosk },
        { ...common, name: 'baselines', script: bundles.baselines },
      ],
    }),
  )
}

type RateLimits = Record<string, { simple: { limit: number } }>

/** Counts requests and refuses none. */
function unlimited(limits: RateLimits): RateLimits {
  const raised = Object.entries(limits).map(([name, limit]) => [
    name,
    { ...limit, simple: { ...limit.simple, limit: Number.MAX_SAFE_INTEGER } },
  ])
  return Object.fromEntries(raised) as RateLimits
}

async function originOf(miniflare: Miniflare, worker: string): Promise<string> {
  return (await miniflare.unsafeGetDirectURL(worker)).origin
}

async function migrate(db: D1Database): Promise<void> {
  for (const file of readdirSync('migrations').toSorted()) {
    const statements = unstable_splitSqlQuery(readFileSync(join('migrations', file), 'utf8'))
    await db.batch(statements.map((statement) => db.prepare(statement)))
  }
}

/** The path of the page of ten after `rows` products, found by following `next` like a client. */
async function findPage(list: string, rows: number): Promise<string> {
  let url = new URL(list)
  for (let left = rows; left > 0;) {
    const size = left >= LARGEST_PAGE ? LARGEST_PAGE : 10
    url.searchParams.set('page_size', String(size))
    const answer = await fetch(url)
    const { next } = (await answer.json()) as { next: string }
    url = new URL(next)
    left -= size
  }
  url.searchParams.set('page_size', '10')
  return url.pathname + url.search
}
