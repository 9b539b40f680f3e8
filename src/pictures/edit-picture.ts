import { sql } from 'kysely'
import type * as z from 'zod'
import { refuseWhenStale } from '../catalog/refuse-when-stale.ts'
import type { ProductRow } from '../catalog/product.ts'
import { build } from '../db/build.ts'
import type { Db, Query } from '../db/client.ts'
import type { Expected } from '../http/conditional.ts'
import { copyToProduct, refuseUnlessPicture, selectProduct } from './queries.ts'
import type { UpdatePictureBody } from './schema.ts'

interface Target {
  product_id: number
  id: number
  expected: Expected
  now: number
}

/**
 * Changes what a picture is said to show, or its place among the pictures of its product. Throws `not_found` or
 * `precondition_failed`.
 */
export function editPicture(
  db: Db,
  target: Target,
  { alt, position }: z.infer<typeof UpdatePictureBody>,
): Promise<ProductRow> {
  return change(db, target, [
    ...(alt === undefined
      ? []
      : [build.updateTable('product_pictures').set({ alt }).where('id', '=', target.id)]),
    ...(position === undefined ? [] : [place(target, position)]),
  ])
}

/** Its files stay for a while: see delete-unused-files.ts. Throws `not_found` or `precondition_failed`. */
export function removePicture(db: Db, target: Target): Promise<ProductRow> {
  return change(db, target, [build.deleteFrom('product_pictures').where('id', '=', target.id)])
}

async function change(
  db: Db,
  { product_id, id, expected, now }: Target,
  changes: readonly Query<never>[],
): Promise<ProductRow> {
  const results = await db.batch([
    refuseUnlessPicture(product_id, id),
    ...refuseWhenStale('products', product_id, expected, { comparing: 'version' }),
    ...changes,
    copyToProduct(product_id, now),
    selectProduct(product_id),
  ])
  return results.at(-1)![0] as ProductRow
}

/** Numbers the other pictures from 1 in their order, leaving out this position. */
function place({ product_id, id }: Target, position: number) {
  return sql<never>`
    UPDATE product_pictures SET position = placed.position FROM (
      SELECT id, iif(id = ${id}, ${position}, rank + (rank >= ${position})) AS position
      FROM (
        SELECT id, row_number() OVER (PARTITION BY id = ${id} ORDER BY position, id) AS rank
        FROM product_pictures WHERE product_id = ${product_id}
      )
    ) AS placed
    WHERE placed.id = product_pictures.id`
}
