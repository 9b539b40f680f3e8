import type { Db } from '../db/client.ts'
import { countUpTo, fetchPage, keptCount, type Position, selectPage } from '../db/keyset.ts'
import { AppError } from '../errors.ts'
import type { CategoryRow, ProductRow } from './product.ts'

export async function getProduct(db: Db, id: number): Promise<ProductRow> {
  const product = await db.selectFrom('products').where('id', '=', id).selectAll().executeTakeFirst()
  if (!product) throw new AppError('not_found', 'No such product.')
  return product
}

export async function getCategory(db: Db, id: number): Promise<CategoryRow> {
  const category = await db.selectFrom('categories').where('id', '=', id).selectAll().executeTakeFirst()
  if (!category) throw new AppError('not_found', 'No such category.')
  return category
}

/** All categories by name. */
export async function listCategories(db: Db, position: Position) {
  const all = db.selectFrom('categories').selectAll()
  const page = selectPage(db, [all], { table: 'categories', column: 'name_key', descending: false }, position)
  return fetchPage(db, position, page, keptCount(db, 'categories'))
}

/** The ledger of a product's stock, newest first; it outlives the product. */
export async function listMovements(db: Db, product_id: number, position: Position) {
  const all = db
    .selectFrom('stock_movements')
    .leftJoin('users', 'users.id', 'actor_id')
    .where('product_id', '=', product_id)
    .select([
      'stock_movements.id as id',
      'product_id',
      'delta',
      'stock_after',
      'reason',
      'order_id',
      'email',
      'at',
    ])
  const page = selectPage(db, [all], { table: 'stock_movements', column: 'id', descending: true }, position)
  const count = countUpTo(
    db,
    db.selectFrom('stock_movements').where('product_id', '=', product_id).select('id'),
  )
  const movements = await fetchPage(db, position, page, count)
  if (movements.count.count === 0) throw new AppError('not_found', 'There never was such a product.')
  return movements
}
