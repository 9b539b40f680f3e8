import { sql } from 'kysely'
import type * as z from 'zod'
import type { Db } from '../db/client.ts'
import { isOnSale, selectCart } from './queries.ts'
import type { SeenChangesBody } from './schema.ts'

type Seen = z.infer<typeof SeenChangesBody>['changes'][number]

/**
 * Stops telling the changes that the customer has seen. Only what the cart still tells is confirmed: a late or
 * repeated confirmation of another price or stock has no effect. Returns the cart.
 */
export async function confirmChanges(db: Db, user_id: number, seen: readonly Seen[]) {
  const [, , , ...cart] = await db.batch([
    confirmPrices(user_id, seen),
    confirmStocks(user_id, seen),
    forgetRemoved(user_id, seen),
    ...selectCart(user_id),
  ])
  return cart
}

function confirmPrices(user_id: number, seen: readonly Seen[]) {
  const told = seen.flatMap((each) => (each.kind === 'price' ? [[each.product_id, each.to]] : []))
  return sql<never>`
    UPDATE cart_items SET seen_cents = price_cents
    FROM json_each(${JSON.stringify(told)}) AS told JOIN products ON products.id = told.value ->> 0
    WHERE user_id = ${user_id} AND product_id = products.id AND price_cents = told.value ->> 1`
}

function confirmStocks(user_id: number, seen: readonly Seen[]) {
  const told = seen.flatMap((each) => (each.kind === 'stock' ? [[each.product_id, each.to]] : []))
  return sql<never>`
    UPDATE cart_items SET seen_stock = stock
    FROM json_each(${JSON.stringify(told)}) AS told JOIN products ON products.id = told.value ->> 0
    WHERE user_id = ${user_id} AND product_id = products.id AND stock = told.value ->> 1 AND stock < quantity`
}

function forgetRemoved(user_id: number, seen: readonly Seen[]) {
  const told = seen.flatMap((each) => (each.kind === 'removed' ? [each.product_id] : []))
  return sql<never>`
    DELETE FROM cart_items
    WHERE user_id = ${user_id} AND product_id IN (SELECT value FROM json_each(${JSON.stringify(told)}))
      AND NOT ${isOnSale}`
}
