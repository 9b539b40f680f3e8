import { build } from '../db/build.ts'
import { sql } from 'kysely'
import type * as z from 'zod'
import type { Db } from '../db/client.ts'
import { differs } from '../db/differs.ts'
import { refuseUnlessFound, violates, violatesForeignKey } from '../db/refusal.ts'
import { AppError } from '../errors.ts'
import type { Expected } from '../http/conditional.ts'
import { foldCase } from '../text.ts'
import type { CategoryRow } from './product.ts'
import type { CategoryBody, UpdateCategoryBody } from './schema.ts'
import { refuseWhenStale } from './refuse-when-stale.ts'

/** Creates a category. Throws `category_exists` if the name is taken, in whatever case. */
export async function createCategory(
  db: Db,
  { name, description }: z.infer<typeof CategoryBody>,
): Promise<CategoryRow> {
  try {
    const [[category]] = await db.batch([
      build
        .insertInto('categories')
        .values({ name, name_key: foldCase(name), description })
        .returningAll(),
    ])
    return category!
  } catch (error) {
    throw translate(error)
  }
}

/** Updates the given fields. `If-Match` ignores the product count, which may have changed meanwhile. */
export async function editCategory(
  db: Db,
  { id, change, expected }: { id: number; change: z.infer<typeof UpdateCategoryBody>; expected: Expected },
): Promise<CategoryRow> {
  const { name, description } = change
  const values = { name, name_key: name === undefined ? undefined : foldCase(name), description }
  try {
    const results = await db.batch([
      refuseUnlessFound('categories', { id }, NO_CATEGORY),
      ...refuseWhenStale('categories', id, expected, { comparing: 'version' }),
      build
        .updateTable('categories')
        .set({ ...values, version: sql`version + 1` })
        .where('id', '=', id)
        .where(differs(values)),
      build.selectFrom('categories').where('id', '=', id).selectAll(),
    ])
    return results.at(-1)![0]!
  } catch (error) {
    throw translate(error)
  }
}

/** Deletes an empty category; throws `category_not_empty` for any other. */
export async function deleteCategory(
  db: Db,
  { id, expected }: { id: number; expected: Expected },
): Promise<void> {
  try {
    await db.batch([
      refuseUnlessFound('categories', { id }, NO_CATEGORY),
      ...refuseWhenStale('categories', id, expected, { comparing: 'version' }),
      build.deleteFrom('categories').where('id', '=', id),
    ])
  } catch (error) {
    throw translate(error)
  }
}

const NO_CATEGORY = 'No such category.'

function translate(error: unknown): unknown {
  if (violates(error, 'categories.name_key'))
    return new AppError('category_exists', 'A category with this name already exists.')
  if (violatesForeignKey(error)) {
    return new AppError('category_not_empty', 'This category has products. Move or delete them first.')
  }
  return error
}
