import { sql } from 'kysely'
import type { Db } from '../db/client.ts'

/** A run writes about this many pages of the search index, which takes some 20 ms; FTS5 stops only between words. */
const PAGES = 200

/**
 * Merges segments of the search index, of which every write adds one: a search looks up each of its words in all of them.
 * A run continues where the last one ended, and writes nothing if there is nothing to merge. Never throws: a search without
 * it is slower, but the jobs after it must run.
 */
export async function mergeSegments(db: Db): Promise<void> {
  const merge = sql<never>`INSERT INTO product_words (product_words, rank) VALUES ('merge', ${sql.lit(PAGES)})`
  try {
    await db.batch([merge])
  } catch (error) {
    console.error('The search index could not be merged; trying again in a minute', error)
  }
}
