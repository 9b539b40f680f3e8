import { type RawBuilder, sql } from 'kysely'

export interface NewMovement {
  product_id: number
  /** SQL over the row of the product. */
  stock_after: RawBuilder<number>
  reason: 'correction' | 'stock-take' | 'deletion'
  actor_id: number
  now: number
}

/**
 * Inserts the ledger entry of a stock change; must precede the change in its batch. Inserts nothing if the stock
 * stays the same, except for a deletion.
 */
export function recordMovement({ product_id, stock_after, reason, actor_id, now }: NewMovement) {
  return sql<never>`
    INSERT INTO stock_movements (product_id, delta, stock_after, reason, actor_id, at)
    SELECT id, ${stock_after} - stock, ${stock_after}, ${reason}, ${actor_id}, ${now}
    FROM products WHERE id = ${product_id} AND (${reason} = 'deletion' OR stock <> ${stock_after})`
}
