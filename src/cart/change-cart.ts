import { build } from '../db/build.ts'
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { MAX_CART_LINES } from '../auth/merge-carts.ts'
import type { Db } from '../db/client.ts'
import { refuseWhen, violates } from '../db/refusal.ts'
import { AppError } from '../errors.ts'
import { MAX_CENTS, toMoney } from '../money.ts'
import { cartTotal, deleteLine, hasProduct, selectCart } from './queries.ts'
import { MAX_QUANTITY } from './schema.ts'

/**
 * Adds to the line of this product, or creates one; simultaneous additions add up. All or nothing: throws
 * `insufficient_stock` if the line would exceed the stock, `cart_full`, `quantity_too_large` or
 * `total_too_large`.
 */
export async function addToCart(
  db: Db,
  user_id: number,
  { product_id, quantity }: { product_id: number; quantity: number },
) {
  const isLine = sql<SqlBool>`cart_items.user_id = ${user_id} AND cart_items.product_id = ${product_id}`
  const [, [line], , , , ...cart] = await withQuantityLimit(() =>
    db.batch([
      refuseUnlessOnSale(product_id),
      insertOrAdd(user_id, product_id, quantity),
      refuseWhenShort(isLine),
      refuseWhenFull(user_id),
      refuseWhenTotalTooLarge(user_id),
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

/** Sets the quantity of a line; 0 removes the line. Returns the cart. Throws as `addToCart` does. */
export async function changeLine(db: Db, user_id: number, line_id: number, quantity: number) {
  const isLine = sql<SqlBool>`cart_items.id = ${line_id} AND cart_items.user_id = ${user_id}`
  const [, [line], , ...cart] = await db.batch([
    refuseWhenTotalGrowsTooLarge(user_id, line_id, quantity),
    quantity === 0 ? deleteLine(user_id, line_id) : updateQuantity(user_id, line_id, quantity),
    refuseWhenShort(isLine),
    ...selectCart(user_id),
  ])
  if (!line) throw new AppError('not_found', 'No such line in your cart.')
  return cart
}

/** To customers, drafts do not exist. */
function refuseUnlessOnSale(product_id: number) {
  const isMissing = sql<SqlBool>`NOT EXISTS (SELECT 1 FROM products WHERE id = ${product_id} AND published)`
  return refuseWhen(isMissing, 'not_found', 'No such product.')
}

function insertOrAdd(user_id: number, product_id: number, quantity: number) {
  return build
    .insertInto('cart_items')
    .values(({ selectFrom }) => ({
      user_id,
      product_id,
      quantity,
      seen_cents: selectFrom('products').where('id', '=', product_id).select('price_cents'),
    }))
    .onConflict((conflict) =>
      conflict
        .columns(['user_id', 'product_id'])
        .doUpdateSet({ quantity: sql`cart_items.quantity + excluded.quantity` }),
    )
    .returning(sql<number>`quantity = ${quantity}`.as('is_new'))
}

function updateQuantity(user_id: number, line_id: number, quantity: number) {
  return build
    .updateTable('cart_items')
    .set({ quantity })
    .where('id', '=', line_id)
    .where('user_id', '=', user_id)
    .where(hasProduct)
    .returning('id')
}

function refuseWhenShort(isLine: RawBuilder<SqlBool>) {
  const short = sql`FROM cart_items JOIN products ON products.id = product_id WHERE ${isLine} AND quantity > stock`
  return refuseWhen(
    sql`EXISTS (SELECT 1 ${short})`,
    'insufficient_stock',
    'There is not enough of this product in stock.',
    sql`(SELECT json_object('available', stock) ${short})`,
  )
}

function refuseWhenFull(user_id: number) {
  return refuseWhen(
    sql`(SELECT count(*) FROM cart_items WHERE user_id = ${user_id} AND ${hasProduct}) > ${MAX_CART_LINES}`,
    'cart_full',
    `A cart holds at most ${MAX_CART_LINES} different products.`,
  )
}

const TOTAL_TOO_LARGE = `The total of a cart can be at most ${toMoney(MAX_CENTS)}.`

function refuseWhenTotalTooLarge(user_id: number) {
  return refuseWhen(sql`${cartTotal(user_id)} > ${MAX_CENTS}`, 'total_too_large', TOTAL_TOO_LARGE)
}

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
