import { build } from '../db/build.ts'
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { MAX_CART_LINES } from '../auth/merge-carts.ts'
import { NO_SUCH_PRODUCT } from '../catalog/queries.ts'
import type { Db } from '../db/client.ts'
import { refuseFirst, refuseWhen, violates } from '../db/refusal.ts'
import { AppError } from '../errors.ts'
import { MAX_CENTS, toMoney } from '../money.ts'
import { cartTotal, deleteLine, isOnSale, linesOnSale, selectCart } from './queries.ts'
import { MAX_QUANTITY } from './schema.ts'

/**
 * Adds to the line of this product, or creates one; simultaneous additions add up. All or nothing: throws
 * `not_found`, `insufficient_stock` if the line would exceed the stock, `cart_full`, `quantity_too_large` or
 * `total_too_large`.
 */
export async function addToCart(
  db: Db,
  user_id: number,
  { product_id, quantity }: { product_id: number; quantity: number },
) {
  const [[line], , ...cart] = await withQuantityLimit(() =>
    db.batch([
      insertOrAdd(user_id, product_id, quantity),
      refuseAddition(user_id, product_id, quantity),
      ...selectCart(user_id),
    ]),
  )
  return { cart, is_new: line!.is_new === 1 }
}

/** SQL for the status, evaluated after the addition: 201 if the line has just the added quantity, so is new. */
export function statusOfAdding(
  user_id: number,
  { product_id, quantity }: { product_id: number; quantity: number },
): RawBuilder<number> {
  return sql`iif(
    (SELECT quantity FROM cart_items WHERE user_id = ${user_id} AND product_id = ${product_id}) = ${quantity}, 201, 200)`
}

/**
 * Sets the quantity of a line; 0 removes the line. Returns the cart. Throws `not_found`, `insufficient_stock` or
 * `total_too_large`.
 */
export async function changeLine(db: Db, user_id: number, line_id: number, quantity: number) {
  const [, [line], , ...cart] = await db.batch([
    refuseWhenTotalGrowsTooLarge(user_id, line_id, quantity),
    quantity === 0 ? deleteLine(user_id, line_id) : updateQuantity(user_id, line_id, quantity),
    refuseWhenShort(user_id, line_id),
    ...selectCart(user_id),
  ])
  if (!line) throw new AppError('not_found', 'No such line in your cart.')
  return cart
}

/** To customers, drafts do not exist: adding one inserts nothing, which `refuseAddition` then refuses. */
function insertOrAdd(user_id: number, product_id: number, quantity: number) {
  return sql<{ is_new: number }>`
    INSERT INTO cart_items (user_id, product_id, quantity, seen_cents)
    SELECT ${user_id}, id, ${quantity}, price_cents FROM products WHERE id = ${product_id} AND published
    ON CONFLICT (user_id, product_id) DO UPDATE SET quantity = cart_items.quantity + excluded.quantity
    RETURNING quantity = ${quantity} AS is_new`
}

/** Reads the cart once, after the addition. */
function refuseAddition(user_id: number, product_id: number, quantity: number) {
  const cart = sql`(SELECT count(*) AS lines, sum(quantity * price_cents) AS cents, max(product_id = ${product_id}) AS has_line,
    max(product_id = ${product_id} AND quantity > stock) AS is_short,
    max(product_id = ${product_id} AND quantity = ${quantity}) AS is_new FROM ${linesOnSale(user_id)}) AS cart`
  const available = sql<string>`(SELECT json_object('available', stock) FROM products WHERE id = ${product_id})`
  return refuseFirst(
    [
      [sql<SqlBool>`ifnull(cart.has_line, 0) = 0`, 'not_found', NO_SUCH_PRODUCT],
      [sql<SqlBool>`cart.is_short`, 'insufficient_stock', NOT_ENOUGH, available],
      [
        sql<SqlBool>`cart.is_new AND cart.lines > ${MAX_CART_LINES}`,
        'cart_full',
        `A cart holds at most ${MAX_CART_LINES} different products.`,
      ],
      [sql<SqlBool>`cart.cents > ${MAX_CENTS}`, 'total_too_large', TOTAL_TOO_LARGE],
    ],
    cart,
  )
}

function updateQuantity(user_id: number, line_id: number, quantity: number) {
  return build
    .updateTable('cart_items')
    .set({ quantity })
    .where('id', '=', line_id)
    .where('user_id', '=', user_id)
    .where(isOnSale)
    .returning('id')
}

const NOT_ENOUGH = 'There is not enough of this product in stock.'

function refuseWhenShort(user_id: number, line_id: number) {
  const short = sql`FROM ${linesOnSale(user_id)} AND cart_items.id = ${line_id} AND quantity > stock`
  return refuseWhen(
    sql`EXISTS (SELECT 1 ${short})`,
    'insufficient_stock',
    NOT_ENOUGH,
    sql`(SELECT json_object('available', stock) ${short})`,
  )
}

const TOTAL_TOO_LARGE = `The total of a cart can be at most ${toMoney(MAX_CENTS)}.`

/** Runs before the change. If prices have risen above the limit, lowering a quantity is still allowed. */
function refuseWhenTotalGrowsTooLarge(user_id: number, line_id: number, quantity: number) {
  const grows = sql<SqlBool>`EXISTS (
    SELECT 1 FROM cart_items JOIN products ON products.id = product_id
    WHERE cart_items.id = ${line_id} AND user_id = ${user_id} AND published AND ${quantity} > quantity
      AND ${cartTotal(user_id)} + (${quantity} - quantity) * price_cents > ${MAX_CENTS})`
  return refuseWhen(grows, 'total_too_large', TOTAL_TOO_LARGE)
}

async function withQuantityLimit<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change()
  } catch (error) {
    if (!violates(error, 'quantity_in_range')) throw error
    throw new AppError('quantity_too_large', `A cart line holds at most ${MAX_QUANTITY} units.`)
  }
}
