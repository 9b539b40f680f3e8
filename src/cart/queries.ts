import { build } from '../db/build.ts'
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { LineRow, Owner } from './cart.ts'
import { MAX_SHOWN_LINES } from './schema.ts'

/** A cart: its owner and its lines, also of products that are no longer on sale. */
export function selectCart(user_id: number) {
  return [selectOwner(user_id), selectLines(user_id)] as const
}

function selectOwner(user_id: number) {
  return sql<Owner>`SELECT id, email, created_at FROM users WHERE id = ${user_id}`
}

/**
 * The lines of a cart with their products, oldest first. After them the lines of drafts, then those of deleted products,
 * with NULL for the product; those beyond the limit come once others have been confirmed. In one query, since most
 * carts have none of those. More lines on sale than a cart takes are possible, since drafts come back; MAX_SHOWN_LINES
 * bounds them too.
 */
function selectLines(user_id: number) {
  return sql<LineRow>`
    SELECT cart_items.id AS line_id, cart_items.product_id, quantity, seen_cents, seen_stock,
      products.id, name, description, sku, price_cents, stock, category_id, tax_rate, published, pictures, created_at, updated_at,
      CASE published WHEN 1 THEN NULL WHEN 0 THEN products.name
        ELSE (SELECT name FROM deleted_products WHERE id = product_id) END AS removed_name
    FROM cart_items LEFT JOIN products ON products.id = cart_items.product_id
    WHERE user_id = ${user_id} ORDER BY published DESC, cart_items.id LIMIT ${sql.lit(MAX_SHOWN_LINES)}`
}

/** SQL for the lines of a cart that are of products on sale, and those products. More conditions may follow. */
export function linesOnSale(user_id: number) {
  return sql`cart_items JOIN products ON products.id = product_id WHERE user_id = ${user_id} AND published`
}

/** The total of a cart at current prices, in cents. */
export function cartTotal(user_id: number): RawBuilder<number> {
  return sql`(SELECT ifnull(sum(quantity * price_cents), 0) FROM ${linesOnSale(user_id)})`
}

/** True for a line whose product is on sale; others are only the trace of what the cart held. */
export const isOnSale = sql<SqlBool>`EXISTS (
  SELECT 1 FROM products WHERE products.id = cart_items.product_id AND published)`

export function deleteLine(user_id: number, line_id: number) {
  return build
    .deleteFrom('cart_items')
    .where('id', '=', line_id)
    .where('user_id', '=', user_id)
    .where(isOnSale)
    .returning('id')
}

/** Also those of products that are no longer on sale. */
export function deleteLines(user_id: number) {
  return build.deleteFrom('cart_items').where('user_id', '=', user_id)
}
