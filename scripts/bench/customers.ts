import { issueTokens } from '../../src/auth/tokens.ts'

/**
 * The customers of a measured shop, with ids from 1. READERS only read: carts of CART_LINES products and, the
 * first of them, ORDERS orders. Each of the BUYERS has EARLIER_ORDERS, and fills one cart, places one order or refreshes
 * once in each measurement. Other customers, of OTHERS_ORDERS orders each, make as many orders as the shop has
 * products.
 */
export const READERS = 100
export const BUYERS = 2000
export const CART_LINES = 5
const ORDERS = 1000
const EARLIER_ORDERS = 5
const ORDER_LINES = 3
const OTHERS_ORDERS = 20
/** Customers inserted in one batch. */
const OTHERS = 500

/** Products that are ordered: enough not to sell out, spread over the catalog. */
const GOODS = 1000
/** Products with less are not ordered. */
const ENOUGH_STOCK = 100

const MONTH = 30 * 86_400_000

export interface Range {
  from: number
  count: number
}

export const readers: Range = { from: 1, count: READERS }
export const buyers = (count: number): Range => ({ from: READERS + 1, count })

export async function insertCustomers(db: D1Database, { from, count }: Range, now: number): Promise<void> {
  const ids = JSON.stringify(idsOf({ from, count }))
  await db.batch([
    db
      .prepare(
        `INSERT INTO users (id, email, email_key, name, phone, address, password_hash, created_at)
         SELECT value, 'shopper-' || value || '@example.com', 'shopper-' || value || '@example.com',
           'Shopper', '+44 20 7946 0000', '1 Main Street', 'none', ? FROM json_each(?)`,
      )
      .bind(now, ids),
    db
      .prepare(
        `INSERT INTO sessions (id, user_id, is_staff, user_agent, created_at, refreshed_at, ends_at)
         SELECT value, value, 0, 'bench', ?1, ?1, ?2 FROM json_each(?3)`,
      )
      .bind(now, now + MONTH, ids),
  ])
}

/** Gives the first customer and the buyers a history of one order a minute. */
export async function insertHistories(db: D1Database, now: number): Promise<void> {
  await insertOrders(db, { from: 1, count: 1 }, ORDERS, now)
  await insertOrders(db, buyers(BUYERS), EARLIER_ORDERS, now)
}

/** Inserts other customers with `orders` orders, which nothing here requests. */
export async function insertOtherOrders(
  db: D1Database,
  orders: number,
  now: number,
  progress: (inserted: number) => void,
): Promise<void> {
  for (let inserted = 0; inserted < orders; inserted += OTHERS * OTHERS_ORDERS) {
    const from = READERS + BUYERS + 1 + inserted / OTHERS_ORDERS
    const others = { from, count: Math.min(OTHERS, Math.ceil((orders - inserted) / OTHERS_ORDERS)) }
    await insertCustomers(db, others, now)
    await insertOrders(db, others, OTHERS_ORDERS, now)
    progress(Math.min(orders, inserted + OTHERS * OTHERS_ORDERS))
  }
}

/** Gives each of these customers `count` orders, one a minute. */
async function insertOrders(db: D1Database, customers: Range, count: number, now: number): Promise<void> {
  const numbers = (length: number) => JSON.stringify(Array.from({ length }, (_, index) => index))
  const range = [customers.from, customers.from + customers.count - 1]
  await db.batch([
    db
      .prepare(
        `INSERT INTO orders (user_id, total_cents, ship_name, ship_phone, ship_address, created_at, updated_at)
         SELECT users.id, 0, name, phone, address, ?1 + value * 60000, ?1 + value * 60000
         FROM users JOIN json_each(?2) WHERE users.id BETWEEN ?3 AND ?4 ORDER BY value`,
      )
      .bind(now - ORDERS * 60_000, numbers(count), ...range),
    db
      .prepare(
        `INSERT INTO order_lines (order_id, product_id, product_name, quantity, price_cents)
         SELECT orders.id, products.id, products.name, 1, price_cents
         FROM orders JOIN json_each(?) JOIN products ON products.id = 1 + (orders.id + value) % 1000
         WHERE orders.user_id BETWEEN ? AND ?`,
      )
      .bind(numbers(ORDER_LINES), ...range),
    db
      .prepare(
        `UPDATE orders SET total_cents = (SELECT sum(price_cents) FROM order_lines WHERE order_id = orders.id)
         WHERE user_id BETWEEN ? AND ?`,
      )
      .bind(...range),
  ])
}

/** Issues tokens to these customers, as if each had just logged in. */
export async function logIn(
  db: D1Database,
  { from, count }: Range,
  secret: string,
): Promise<{ access: string; refresh: string }[]> {
  const { results } = await db
    .prepare(
      `UPDATE sessions SET counter = 0, refreshed_at = ? WHERE user_id BETWEEN ? AND ?
       RETURNING id, user_id, counter, is_staff, refreshed_at, ends_at`,
    )
    .bind(Date.now(), from, from + count - 1)
    .all<Parameters<typeof issueTokens>[0]>()
  return Promise.all(results.map((session) => issueTokens(session, { current: secret })))
}

/** Products that can be ordered, in the order in which `fillCarts` uses them. */
export async function findGoods(db: D1Database, products: number): Promise<number[]> {
  const { results } = await db
    .prepare(`SELECT id FROM products WHERE id IN (SELECT value FROM json_each(?)) AND stock >= ?`)
    .bind(JSON.stringify(spread(products, GOODS)), ENOUGH_STOCK)
    .all<{ id: number }>()
  return results.map(({ id }) => id)
}

/** Fills the carts of these customers with exactly `lines` lines of one unit each. */
export async function fillCarts(
  db: D1Database,
  customers: Range,
  goods: readonly number[],
  lines: number,
): Promise<void> {
  const wanted = idsOf(customers).flatMap((customer) =>
    Array.from({ length: lines }, (_, line) => [customer, goodFor(customer, goods, line)]),
  )
  const last = customers.from + customers.count - 1
  await db.batch([
    db.prepare('DELETE FROM cart_items WHERE user_id BETWEEN ? AND ?').bind(customers.from, last),
    db
      .prepare(
        `INSERT INTO cart_items (user_id, product_id, quantity)
         SELECT value ->> 0, value ->> 1, 1 FROM json_each(?)`,
      )
      .bind(JSON.stringify(wanted)),
  ])
}

/** The product on this line of a customer's cart. */
export function goodFor(customer: number, goods: readonly number[], line: number): number {
  return goods[(customer * CART_LINES + line) % goods.length]!
}

export function idsOf({ from, count }: Range): number[] {
  return Array.from({ length: count }, (_, index) => from + index)
}

/** Ids of `count` products, spread evenly over the catalog. */
export function spread(products: number, count: number): number[] {
  const step = Math.max(1, Math.floor(products / count))
  return Array.from({ length: Math.min(count, products) }, (_, index) => 1 + index * step)
}
