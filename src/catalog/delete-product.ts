import { sql } from 'kysely'
import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Expected } from '../http/conditional.ts'
import { refuseWhenStale } from './stale.ts'

/**
 * Takes a product out of every list, cart and route. Its ledger ends with a movement of minus the
 * rest; orders keep its name and price.
 */
export async function deleteProduct(
  db: Db,
  { id, expected, actor_id, now }: { id: number; expected: Expected; actor_id: number; now: number },
): Promise<void> {
  const results = await db.batch([
    ...refuseWhenStale(db, 'products', id, expected, { comparing: 'version and stock' }),
    recordDeletion(db, id, actor_id, now),
    db.deleteFrom('products').where('id', '=', id).returning('id'),
  ])
  if (!results.at(-1)?.[0]) throw new AppError('not_found', 'No such product.')
}

function recordDeletion(db: Db, id: number, actor_id: number, now: number) {
  return db
    .insertInto('stock_movements')
    .columns(['product_id', 'delta', 'stock_after', 'reason', 'actor_id', 'at'])
    .expression(
      db
        .selectFrom('products')
        .where('id', '=', id)
        .select(['id', sql<number>`-stock`.as('delta'), sql.lit(0).as('stock_after')])
        .select([
          sql.val('deletion' as const).as('reason'),
          sql.val(actor_id).as('actor_id'),
          sql.val(now).as('at'),
        ]),
    )
}
