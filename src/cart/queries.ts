import { build } from '../db/build.ts'
import { type RawBuilder, sql } from 'kysely'

/** The owner of the cart. */
export function selectOwner(user_id: number) {
  return build.selectFrom('users').where('id', '=', user_id).select(['id', 'email', 'created_at'])
}

/** The lines of a cart with their products, oldest first; at most a hundred. */
export function selectLines(user_id: number) {
  return build
    .selectFrom('cart_items')
    .innerJoin('products', 'products.id', 'cart_items.product_id')
    .where('user_id', '=', user_id)
    .select(['cart_items.id as line_id', 'quantity'])
    .selectAll('products')
    .orderBy('cart_items.id')
}

/** The total of a cart at current prices, in cents. */
export function cartTotal(user_id: number): RawBuilder<number> {
  return sql`(
    SELECT ifnull(sum(quantity * price_cents), 0)
    FROM cart_items JOIN products ON products.id = product_id
    WHERE user_id = ${user_id})`
}

export function deleteLine(user_id: number, line_id: number) {
  return build
    .deleteFrom('cart_items')
    .where('id', '=', line_id)
    .where('user_id', '=', user_id)
    .returning('id')
}

export function deleteLines(user_id: number) {
  return build.deleteFrom('cart_items').where('user_id', '=', user_id)
}
