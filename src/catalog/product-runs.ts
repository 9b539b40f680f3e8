import { build } from '../db/build.ts'
import { type SelectQueryBuilder, sql } from 'kysely'
import type * as z from 'zod'
import type { Database } from '../db/schema.ts'
import { nameKey } from '../text.ts'
import type { ProductRow } from './product.ts'
import type { ListProductsQuery } from './schema.ts'

export type ProductFilters = Pick<
  z.infer<typeof ListProductsQuery>,
  'category' | 'min_price' | 'max_price' | 'in_stock' | 'search' | 'ordering'
> & {
  /** Products and drafts if undefined. */
  published?: boolean | undefined
  low_stock?: 'true' | undefined
}

type Run = SelectQueryBuilder<Database, 'products', object>

const indexOf = {
  id: 'id',
  price_cents: 'price',
  name_key: 'name',
  created_at: 'age',
  stock: 'stock',
} as const

/** The values of `in_stock` (0015_product_fields.sql). */
const STOCK_STATES = [
  { value: 0, published: true, in_stock: false },
  { value: 1, published: true, in_stock: true },
  { value: 2, published: false, in_stock: false },
  { value: 3, published: false, in_stock: true },
]

/**
 * The matching products as sorted runs, one per category and value of `in_stock`. Each run has an index in the
 * order of `column`; that of `stock` has only products with low stock. SQLite merges the runs while it reads, so a page
 * costs its own rows however many runs there are.
 */
export function runs(
  column: keyof typeof indexOf,
  { category, in_stock, published, min_price, max_price }: ProductFilters,
): Run[] {
  const states = STOCK_STATES.filter(
    (state) =>
      state.in_stock === (in_stock ?? state.in_stock) && state.published === (published ?? state.published),
  )
  const categories = category === undefined ? [undefined] : keysOf(category)
  // Named, because the planner prefers an index with fewer columns if a bound looks selective.
  const index = `products_${column === 'stock' ? 'low_' : ''}${category ? 'of_category_' : ''}by_${indexOf[column]}`
  const named = sql`products INDEXED BY ${sql.ref(index)}`
  const products = build.selectFrom(sql<ProductRow>`products`.as<'products'>(named))
  return categories.flatMap((name_key) =>
    states.map(({ value }) =>
      products
        .where('in_stock', '=', sql.lit(value))
        .$if(column === 'stock', (run) => run.where(sql<boolean>`stock <= low_stock`))
        .$if(name_key !== undefined, (run) =>
          run.where(
            'category_id',
            '=',
            build.selectFrom('categories').where('name_key', '=', name_key!).select('id'),
          ),
        )
        // Literals, because ten categories would need more than D1's hundred parameters.
        .$if(min_price !== undefined, (run) => run.where('price_cents', '>=', sql.lit(min_price!)))
        .$if(max_price !== undefined, (run) => run.where('price_cents', '<=', sql.lit(max_price!))),
    ),
  )
}

/** The case-folded names, without duplicates. */
export function keysOf(names: readonly string[]): string[] {
  return [...new Set(names.map(nameKey))]
}
