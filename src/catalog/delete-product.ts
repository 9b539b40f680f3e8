import { build } from '../db/build.ts'
import { sql } from 'kysely'
import type { Db } from '../db/client.ts'
import { refuseUnlessFound } from '../db/refusal.ts'
import type { Expected } from '../http/conditional.ts'
import { NO_SUCH_PRODUCT } from './queries.ts'
import { recordMovement } from './record-movement.ts'
import { refuseWhenStale } from './refuse-when-stale.ts'

/**
 * Deletes a product. Its lines stay in carts, which list it as removed until their customers have confirmed that; the
 * trigger products_traced_in_carts keeps its name for them. A last movement brings its ledger to zero; orders keep its
 * name and price. Throws `not_found` or `precondition_failed`.
 */
export async function deleteProduct(
  db: Db,
  { id, expected, actor_id, now }: { id: number; expected: Expected; actor_id: number; now: number },
): Promise<void> {
  await db.batch([
    refuseUnlessFound('products', { id }, NO_SUCH_PRODUCT),
    ...refuseWhenStale('products', id, expected, { comparing: 'version and stock' }),
    recordMovement({ product_id: id, stock_after: sql.lit(0), reason: 'deletion', actor_id, now }),
    build.deleteFrom('products').where('id', '=', id),
  ])
}
