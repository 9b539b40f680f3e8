import { sql } from 'kysely'
import { actorEmail } from '../db/actor.ts'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { countFromCounters, countUpTo, fetchPage, type PageRequest, selectPage } from '../db/keyset.ts'
import type { MovementReason } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { CategoryRow, ProductRow } from './product.ts'

export const NO_SUCH_PRODUCT = 'No such product.'
export const NO_SUCH_CATEGORY = 'No such category.'

/** A product that is on sale: to customers, drafts do not exist. */
export async function getProduct(db: Db, id: number): Promise<ProductRow> {
  const product = await getAnyProduct(db, id)
  if (!product.published) throw new AppError('not_found', NO_SUCH_PRODUCT)
  return product
}

/** A product or a draft. */
export async function getAnyProduct(db: Db, id: number): Promise<ProductRow> {
  const product = await db.first(build.selectFrom('products').where('id', '=', id).selectAll())
  if (!product) throw new AppError('not_found', NO_SUCH_PRODUCT)
  return product
}

export async function findCategory(db: Db, id: number): Promise<CategoryRow | undefined> {
  return db.first(build.selectFrom('categories').where('id', '=', id).selectAll())
}

export async function getCategory(db: Db, id: number): Promise<CategoryRow> {
  const category = await findCategory(db, id)
  if (!category) throw new AppError('not_found', NO_SUCH_CATEGORY)
  return category
}

/** All categories, by name. */
export async function listCategories(db: Db, request: PageRequest) {
  const all = build.selectFrom('categories').selectAll()
  const page = selectPage([all], { table: 'categories', column: 'sort_key', descending: false }, request)
  return fetchPage(db, request, page, countFromCounters('categories'))
}

/** The stock ledger of a product, newest first. It outlives the product. */
export async function listMovements(db: Db, product_id: number, request: PageRequest) {
  const all = build
    .selectFrom('stock_movements')
    .leftJoin('users', 'users.id', 'actor_id')
    .where('product_id', '=', product_id)
    .select(['stock_movements.id as id', 'product_id', 'delta', 'stock_after', 'order_id', actorEmail, 'at'])
    .select(sql<MovementReason | 'return'>`iif(refund_id IS NULL, reason, 'return')`.as('reason'))
  const page = selectPage([all], { table: 'stock_movements', column: 'id', descending: true }, request)
  const count = countUpTo(
    build.selectFrom('stock_movements').where('product_id', '=', product_id).select('id'),
  )
  const movements = await fetchPage(db, request, page, count)
  if (movements.count.count === 0) throw new AppError('not_found', NO_SUCH_PRODUCT)
  return movements
}
