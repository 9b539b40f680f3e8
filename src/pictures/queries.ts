import { sql, type SqlBool } from 'kysely'
import { build } from '../db/build.ts'
import { refuseWhen } from '../db/refusal.ts'

/** Aborts the batch unless the product has this picture. */
export function refuseUnlessPicture(product_id: number, id: number) {
  const missing = sql<SqlBool>`NOT EXISTS (SELECT 1 FROM product_pictures WHERE id = ${id} AND product_id = ${product_id})`
  return refuseWhen(missing, 'not_found', 'No such picture.')
}

/**
 * Copies the pictures of a product into its row, as a new version, if they have changed. Goes last among the writes: the
 * audit log has an entry if it changes a row.
 */
export function copyToProduct(product_id: number, now: number) {
  const listed = sql<string>`ifnull((SELECT pictures FROM listed_pictures WHERE product_id = ${product_id}), '[]')`
  return build
    .updateTable('products')
    .set({ pictures: listed, version: sql`version + 1`, updated_at: now })
    .where('id', '=', product_id)
    .where(sql<SqlBool>`pictures <> ${listed}`)
}

export function selectProduct(id: number) {
  return build.selectFrom('products').where('id', '=', id).selectAll()
}

/** The product that a picture belongs to. */
export function selectOfPicture(id: number) {
  return build
    .selectFrom('products')
    .innerJoin('product_pictures', 'product_id', 'products.id')
    .where('product_pictures.id', '=', id)
    .selectAll('products')
}
