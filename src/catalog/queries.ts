import type { Db } from '../db/client.ts'
import { fetchPage, isPast, keptCount, type Position, walks } from '../db/keyset.ts'

export async function findProduct(db: Db, id: number) {
  return db.selectFrom('products').where('id', '=', id).selectAll().executeTakeFirst()
}

export async function findCategory(db: Db, id: number) {
  return db.selectFrom('categories').where('id', '=', id).selectAll().executeTakeFirst()
}

/** All categories by name. */
export async function listCategories(db: Db, position: Position) {
  const direction = walks(position, false)
  const page = db
    .selectFrom('categories')
    .where(isPast(['name_key', 'id'], position, direction))
    .selectAll()
    .orderBy('name_key', direction)
    .orderBy('id', direction)
    .limit(position.size + 1)
    .offset(position.offset)
  return fetchPage(db, position, page, keptCount(db, 'categories'))
}
