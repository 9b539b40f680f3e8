import { hash } from 'node:crypto'
import { sql, type SqlBool } from 'kysely'
import { refuseWhenStale } from '../catalog/refuse-when-stale.ts'
import type { ProductRow } from '../catalog/product.ts'
import { NO_SUCH_PRODUCT } from '../catalog/queries.ts'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { refuseUnlessFound, refuseWhen } from '../db/refusal.ts'
import type { Expected } from '../http/conditional.ts'
import { filesOf, type Storage, storeFiles } from './files.ts'
import { copyToProduct, selectProduct } from './queries.ts'
import { type PictureType, readPicture } from './read-picture.ts'
import { MAX_PICTURES } from './schema.ts'
import { CLAIM_MILLISECONDS } from './delete-unused-files.ts'

interface Upload {
  product_id: number
  bytes: Uint8Array
  type: PictureType
  expected: Expected
  now: number
}

/**
 * Adds a picture as the last one of a product. The row of its files is written before they are stored, and the picture
 * afterwards: what breaks off in between is found by the hourly job. `unrecorded` checks the
 * session, but stores neither Idempotency-Key nor audit log entry: its batch is not yet the effect of the request.
 * Throws `not_found`, `precondition_failed`, `too_many_pictures`, `temporarily_unavailable` or `invalid_request`.
 */
export async function addPicture(
  { db, unrecorded, storage }: { db: Db; unrecorded: Db; storage: Storage },
  { product_id, bytes, type, expected, now }: Upload,
): Promise<ProductRow> {
  const picture = readPicture(bytes, type)
  const sha256 = hash('sha256', bytes, 'hex')
  await unrecorded.batch([refuseWhileClaimed(sha256, now), recordFile(sha256, now)])
  const files = filesOf(picture, storage)
  await storeFiles(storage, sha256, picture, files)
  const results = await db.batch([
    refuseUnlessFound('products', { id: product_id }, NO_SUCH_PRODUCT),
    ...refuseWhenStale('products', product_id, expected, { comparing: 'version' }),
    refuseWhenFull(product_id),
    build.insertInto('product_pictures').values({
      product_id,
      position: sql<number>`(SELECT ifnull(max(position), 0) + 1 FROM product_pictures WHERE product_id = ${product_id})`,
      sha256,
      ...files,
      widths: JSON.stringify(files.widths),
      alt: '',
    }),
    copyToProduct(product_id, now),
    selectProduct(product_id),
  ])
  return results.at(-1)![0]!
}

function refuseWhileClaimed(sha256: string, now: number) {
  return refuseWhen(
    sql<SqlBool>`EXISTS (SELECT 1 FROM picture_files WHERE sha256 = ${sha256} AND claimed_at > ${now - CLAIM_MILLISECONDS})`,
    'temporarily_unavailable',
    'An unused copy of this picture is being deleted. Please try again in a moment.',
  )
}

function recordFile(sha256: string, now: number) {
  const unused_since = sql<number | null>`iif(unused_since IS NULL, NULL, ${now})`
  return build
    .insertInto('picture_files')
    .values({ sha256, unused_since: now, claimed_at: null })
    .onConflict((conflict) => conflict.column('sha256').doUpdateSet({ unused_since, claimed_at: null }))
}

function refuseWhenFull(product_id: number) {
  return refuseWhen(
    sql<SqlBool>`(SELECT count(*) FROM product_pictures WHERE product_id = ${product_id}) >= ${MAX_PICTURES}`,
    'too_many_pictures',
    `A product can have at most ${MAX_PICTURES} pictures. Remove one first.`,
  )
}
