import { build } from '../db/build.ts'
import { sql } from 'kysely'
import type * as z from 'zod'
import type { Db } from '../db/client.ts'
import { violates, violatesForeignKey } from '../db/refusal.ts'
import { AppError, InvalidRequest } from '../errors.ts'
import { fieldError } from '../field-errors.ts'
import { nameKey } from '../text.ts'
import type { ProductRow } from './product.ts'
import type { ProductBody } from './schema.ts'
import { toIndexedWords, toSkuWords, WORDS_VERSION } from './search-words.ts'
import { sortKeyOf } from './sort-key.ts'

/**
 * Creates a product and the first entry of its stock ledger. An unknown category is an error of that field; throws
 * `sku_exists` if another product has the SKU, in whatever case.
 */
export async function createProduct(
  db: Db,
  {
    name,
    description,
    price,
    stock,
    category,
    sku,
    published,
    low_stock,
    tax_rate,
  }: z.infer<typeof ProductBody>,
  actor_id: number,
  now: number,
): Promise<ProductRow> {
  try {
    const [[product]] = await db.batch([
      build
        .insertInto('products')
        .values({
          name,
          name_key: sortKeyOf(name),
          description,
          price_cents: price,
          stock,
          category_id: category,
          sku,
          sku_key: sku && nameKey(sku),
          published: Number(published),
          low_stock,
          tax_rate,
          words_version: WORDS_VERSION,
          created_at: now,
          updated_at: now,
        })
        .returningAll(),
      build.insertInto('product_texts').values({
        id: NEW_ID,
        name: toIndexedWords(name, { isName: true }),
        description: toIndexedWords(description, { isName: false }),
        sku: toSkuWords(sku),
      }),
      recordInitialStock(stock, actor_id, now),
    ])
    return product!
  } catch (error) {
    throw productError(error)
  }
}

/** The error of a product whose category does not exist, or whose SKU another one has. */
export function productError(error: unknown): unknown {
  if (violates(error, 'products.sku_key')) return new AppError('sku_exists', 'Another product has this SKU.')
  return violatesForeignKey(error) ? new InvalidRequest(unknownCategory) : error
}

export const unknownCategory = { category: [fieldError('no_such_category')] }

/** The id of the product that the batch has just inserted, which has the highest id. */
const NEW_ID = sql<number>`(SELECT max(id) FROM products)`

function recordInitialStock(stock: number, actor_id: number, now: number) {
  return build.insertInto('stock_movements').values({
    product_id: NEW_ID,
    delta: stock,
    stock_after: stock,
    reason: 'initial',
    order_id: null,
    actor_id,
    at: now,
  })
}
