import { build } from '../db/build.ts'
import { sql } from 'kysely'
import type * as z from 'zod'
import type { Db } from '../db/client.ts'
import { differs } from '../db/differs.ts'
import { refuseUnlessFound, violates, violatesForeignKey } from '../db/refusal.ts'
import { AppError } from '../errors.ts'
import type { Expected } from '../http/conditional.ts'
import { nameKey } from '../text.ts'
import type { CategoryRow } from './product.ts'
import { NO_SUCH_CATEGORY } from './queries.ts'
import { reindexCategory } from './reindex.ts'
import { refuseWhenStale } from './refuse-when-stale.ts'
import type { CategoryBody, UpdateCategoryBody } from './schema.ts'
import { toIndexedWords, WORDS_VERSION } from './search-words.ts'
import { sortKeyOf } from './sort-key.ts'

/** Creates a category. Throws `category_exists` if the name is taken, in whatever case. */
export async function createCategory(
  db: Db,
  { name, description }: z.infer<typeof CategoryBody>,
): Promise<CategoryRow> {
  try {
    const [[category]] = await db.batch([
      build
        .insertInto('categories')
        .values({ name, name_key: nameKey(name), description, ...wordsOf(name) })
        .returningAll(),
    ])
    return category!
  } catch (error) {
    throw categoryError(error)
  }
}

/**
 * Updates the given fields. `If-Match` ignores the product count, which may have changed meanwhile. A search for the
 * new name finds the first products of the category immediately, the others after the minute job. Throws `not_found`,
 * `precondition_failed` or `category_exists`.
 */
export async function editCategory(
  db: Db,
  { id, change, expected }: { id: number; change: z.infer<typeof UpdateCategoryBody>; expected: Expected },
): Promise<CategoryRow> {
  const { name, description } = change
  const values = { name, name_key: name === undefined ? undefined : nameKey(name), description }
  const renamed = name === undefined ? undefined : renamedTo(name)
  try {
    const results = await db.batch([
      refuseUnlessFound('categories', { id }, NO_SUCH_CATEGORY),
      ...refuseWhenStale('categories', id, expected, { comparing: 'version' }),
      // Before the reindexing, which reads the words. The last update writes a new `sort_key` even if the words stay.
      ...(renamed
        ? [
            build
              .updateTable('categories')
              .set(renamed)
              .where('id', '=', id)
              .where(differs({ words: renamed.words })),
            ...reindexCategory(id),
          ]
        : []),
      // Last, since the audit log has an entry if the last write changes a row.
      build
        .updateTable('categories')
        .set({ ...values, ...renamed, version: sql`version + 1` })
        .where('id', '=', id)
        .where(differs(values)),
      build.selectFrom('categories').where('id', '=', id).selectAll(),
    ])
    return results.at(-1)![0] as CategoryRow
  } catch (error) {
    throw categoryError(error)
  }
}

function renamedTo(name: string) {
  const words = wordsOf(name)
  return { ...words, reindexed_up_to: sql<number | null>`iif(words = ${words.words}, reindexed_up_to, 0)` }
}

function wordsOf(name: string) {
  return {
    sort_key: sortKeyOf(name),
    words: toIndexedWords(name, { isName: true }),
    words_version: WORDS_VERSION,
  }
}

/** Deletes an empty category; throws `category_not_empty` for any other. */
export async function deleteCategory(
  db: Db,
  { id, expected }: { id: number; expected: Expected },
): Promise<void> {
  try {
    await db.batch([
      refuseUnlessFound('categories', { id }, NO_SUCH_CATEGORY),
      ...refuseWhenStale('categories', id, expected, { comparing: 'version' }),
      build.deleteFrom('categories').where('id', '=', id),
    ])
  } catch (error) {
    throw categoryError(error)
  }
}

function categoryError(error: unknown): unknown {
  if (violates(error, 'categories.name_key'))
    return new AppError('category_exists', 'A category with this name already exists.')
  if (violatesForeignKey(error)) {
    return new AppError('category_not_empty', 'This category has products. Move or delete them first.')
  }
  return error
}
