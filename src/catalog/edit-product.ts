import { build } from '../db/build.ts'
import { type RawBuilder, sql } from 'kysely'
import type * as z from 'zod'
import type { Db } from '../db/client.ts'
import { differs } from '../db/differs.ts'
import { refuseUnlessFound, refuseWhen } from '../db/refusal.ts'
import type { Expected } from '../http/conditional.ts'
import { nameKey } from '../text.ts'
import { productError } from './create-product.ts'
import type { ProductRow } from './product.ts'
import { NO_SUCH_PRODUCT } from './queries.ts'
import { recordMovement } from './record-movement.ts'
import { MAX_STOCK, type UpdateProductBody } from './schema.ts'
import { toIndexedWords, toSkuWords } from './search-words.ts'
import { sortKeyOf } from './sort-key.ts'
import { refuseWhenStale } from './refuse-when-stale.ts'

interface Edit {
  id: number
  change: z.infer<typeof UpdateProductBody>
  expected: Expected
  actor_id: number
  now: number
}

/**
 * Updates the given fields. `stock` is a stock-take and sets the counted number; `stock_delta` is a correction and adds
 * to the stock, so that two simultaneous corrections both count. Either writes the ledger in the same batch. Without a
 * change of stock, `If-Match` ignores orders placed meanwhile. Throws `not_found`, `precondition_failed`,
 * `insufficient_stock`, `stock_too_large`, `sku_exists` or `invalid_request` for an unknown category.
 */
export async function editProduct(
  db: Db,
  { id, change, expected, actor_id, now }: Edit,
): Promise<ProductRow> {
  const { name, description, price, category, sku, published, low_stock, tax_rate } = change
  const edits = {
    name,
    name_key: name === undefined ? undefined : sortKeyOf(name),
    description,
    price_cents: price,
    category_id: category,
    sku,
    sku_key: sku && nameKey(sku),
    published: published === undefined ? undefined : Number(published),
    low_stock,
    tax_rate,
  }
  const stock = stockAfter(change)
  const reason = change.stock === undefined ? 'correction' : 'stock-take'
  try {
    const results = await db.batch([
      refuseUnlessFound('products', { id }, NO_SUCH_PRODUCT),
      ...refuseWhenStale('products', id, expected, {
        comparing: stock ? 'version and stock' : 'version',
      }),
      ...(stock
        ? [
            ...refuseOutOfRange(id, stock),
            recordMovement({ product_id: id, stock_after: stock, reason, actor_id, now }),
          ]
        : []),
      ...updateWords(id, change),
      // Last, since the audit log has an entry if the last write changes a row.
      build
        .updateTable('products')
        .set({
          ...edits,
          stock,
          stock_version: stock && sql`stock_version + (stock <> ${stock})`,
          version: sql`version + ${differs(edits)}`,
          updated_at: now,
        })
        .where('id', '=', id)
        .where(differs({ ...edits, stock })),
      build.selectFrom('products').where('id', '=', id).selectAll(),
    ])
    return results.at(-1)![0]!
  } catch (error) {
    throw productError(error)
  }
}

/** Updates the search words. A product that has none yet gets them from the minute job (reindex.ts). */
function updateWords(id: number, { name, description, sku }: Edit['change']) {
  if (name === undefined && description === undefined && sku === undefined) return []
  const words = {
    name: name === undefined ? undefined : toIndexedWords(name, { isName: true }),
    description: description === undefined ? undefined : toIndexedWords(description, { isName: false }),
    sku: sku === undefined ? undefined : toSkuWords(sku),
  }
  return [build.updateTable('product_texts').set(words).where('id', '=', id).where(differs(words))]
}

/** SQL for the stock after the change; undefined if the change leaves it as it is. */
function stockAfter({ stock, stock_delta }: Edit['change']): RawBuilder<number> | undefined {
  if (stock !== undefined) return sql`${stock}`
  return stock_delta === undefined ? undefined : sql`(stock + ${stock_delta})`
}

function refuseOutOfRange(id: number, stock: RawBuilder<number>) {
  const available = sql<string>`(SELECT json_object('available', stock) FROM products WHERE id = ${id})`
  return [
    refuseWhen(
      sql`EXISTS (SELECT 1 FROM products WHERE id = ${id} AND ${stock} < 0)`,
      'insufficient_stock',
      'The stock is smaller than the quantity to remove.',
      available,
    ),
    refuseWhen(
      sql`EXISTS (SELECT 1 FROM products WHERE id = ${id} AND ${stock} > ${MAX_STOCK} AND ${stock} > stock)`,
      'stock_too_large',
      `Stock can be at most ${MAX_STOCK}.`,
      available,
    ),
  ]
}
