import type { Db } from '../db/client.ts'
import { fetchPage, keptCount, type Position, selectPage } from '../db/keyset.ts'

export async function findProduct(db: Db, id: number) {
  return db.selectFrom('products').where('id', '=', id).selectAll().executeTakeFirst()
}

export async function findCategory(db: Db, id: number) {
  return db.selectFrom('categories').where('id', '=', id).selectAll().executeTakeFirst()
}

/** All categories by name. */
export async function listCategories(db: Db, position: Position) {
  const all = db.selectFrom('categories').selectAll()
  const page = selectPage(db, [all], { table: 'categories', column: 'name_key', descending: false }, position)
  return fetchPage(db, position, page, keptCount(db, 'categories'))
}
