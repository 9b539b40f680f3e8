import { type RawBuilder, sql } from 'kysely'

export interface Movement {
  product_id: number
  /** In terms of the row. */
  stock_after: RawBuilder<number>
  reason: 'correction' | 'stock-take' | 'deletion'
  actor_id: number
  now: number
}

/**
 * The ledger's entry for a change of a product's stock, to stand before the change in its batch. A
 * change that changes nothing has none; a deletion always has.
 */
export function recordMovement({ product_id, stock_after, reason, actor_id, now }: Movement) {
  return sql<never>`
    INSERT INTO stock_movements (product_id, delta, stock_after, reason, actor_id, at)
    SELECT id, ${stock_after} - stock, ${stock_after}, ${reason}, ${actor_id}, ${now}
    FROM products WHERE id = ${product_id} AND (${reason} = 'deletion' OR stock <> ${stock_after})`
}
