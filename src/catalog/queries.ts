import type { Db } from '../db/client.ts'
import { fetchPage, keptCount, type Position, selectPage } from '../db/keyset.ts'
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
