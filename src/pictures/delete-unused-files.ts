import { sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { unusedFilesSql } from '../integrity/overdue.ts'
import { deleteFiles } from './files.ts'

/** How long a claim lasts. The job that claimed the files has deleted them by then, or Cloudflare has ended it. */
export const CLAIM_MILLISECONDS = 15 * 60 * 1000

/** Pictures per run. Each takes two calls of R2, of ten thousand calls in a run (index.ts). */
const FILES_AT_ONCE = 200

/**
 * Deletes files that no product has had a picture of for long enough. A run that breaks off leaves the rows of its files,
 * and a later one claims them again. Returns how many were deleted.
 */
export async function deleteUnusedFiles(db: Db, bucket: R2Bucket, now: number): Promise<number> {
  const claimed = await db.all(sql<{ sha256: string }>`
    UPDATE picture_files SET claimed_at = ${now}
    WHERE sha256 IN (${sql.raw(unusedFilesSql(now, FILES_AT_ONCE))})
      AND (claimed_at IS NULL OR claimed_at <= ${now - CLAIM_MILLISECONDS})
    RETURNING sha256`)
  if (claimed.length === 0) return 0
  const sha256s = claimed.map(({ sha256 }) => sha256)
  await deleteFiles(bucket, sha256s)
  await db.batch([
    build
      .deleteFrom('picture_files')
      .where(sql<boolean>`sha256 IN (SELECT value FROM json_each(${JSON.stringify(sha256s)}))`)
      .where('claimed_at', '=', now),
  ])
  return claimed.length
}
