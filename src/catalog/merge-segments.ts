import { sql } from 'kysely'
import type { Db } from '../db/client.ts'

/** The most pages of the search index that one run writes, which takes some 20 ms. */
const PAGES = 200

/**
 * Merges segments of the search index, of which every write adds one: a search looks up each of its words in all of them.
 * A run continues where the last one ended, and writes nothing if there is nothing to merge.
 */
export async function mergeSegments(db: Db): Promise<void> {
  await db.batch([
    sql<never>`INSERT INTO product_words (product_words, rank) VALUES ('merge', ${sql.lit(PAGES)})`,
  ])
}
