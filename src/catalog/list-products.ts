import { type SelectQueryBuilder, sql } from 'kysely'
import type * as z from 'zod'
import type { Db, Query } from '../db/client.ts'
import {
  type Count,
  countUpTo,
  fetchPage,
  merge,
  selectPage,
  type Key,
  keptCount,
  type Position,
  type Rows,
  walks,
} from '../db/keyset.ts'
import type { Database } from '../db/schema.ts'
import { toKey } from '../text.ts'
import type { ListProductsQuery, PRODUCT_ORDERINGS } from './schema.ts'
import type { ProductRow } from './product.ts'

export type ProductFilters = Pick<
  z.infer<typeof ListProductsQuery>,
  'category' | 'min_price' | 'max_price' | 'in_stock' | 'search' | 'ordering'
>

export type ProductOrdering = (typeof PRODUCT_ORDERINGS)[number]

const columnOf = { id: 'id', price: 'price_cents', name: 'name_key', created_at: 'created_at' } as const

/** `-price` → the column, and whether it descends. */
export function sortingOf(ordering: ProductOrdering) {
  const descending = ordering.startsWith('-')
  const column = columnOf[ordering.replace('-', '') as keyof typeof columnOf]
  return { column, descending }
}

/** A price bound sorts by price, unless asked otherwise: the order in which an index finds the matches. */
export function defaultOrdering({ ordering, min_price, max_price }: ProductFilters): ProductOrdering {
  return ordering ?? (min_price === undefined && max_price === undefined ? 'id' : 'price')
}

export function keyOf(ordering: ProductOrdering): (row: ProductRow) => Key {
  const { column } = sortingOf(ordering)
  return (row) => [row[column], row.id]
}

/** A page of the products that match all filters but `search`. */
export function listProducts(db: Db, filters: ProductFilters, position: Position): Promise<Rows<ProductRow>> {
  return fetchPage(db, position, selectProducts(db, filters, position), countMatches(db, filters))
}

export function selectProducts(db: Db, filters: ProductFilters, position: Position): Query<ProductRow> {
  const { column, descending } = sortingOf(defaultOrdering(filters))
  // A seek by price already is one of the bounds. Were both given, SQLite might seek the other one and
  // read every row between them.
  const seeksPrice = column === 'price_cents' && position.past !== undefined
  const direction = walks(position, descending)
  const left = {
    ...filters,
    min_price: seeksPrice && direction === 'asc' ? undefined : filters.min_price,
    max_price: seeksPrice && direction === 'desc' ? undefined : filters.max_price,
  }
  const sorted = runs(db, column, left).map((run) => run.selectAll())
  return selectPage(db, sorted, { table: 'products', column, descending }, position)
}

function countMatches(db: Db, filters: ProductFilters): Query<Count> {
  const { category, min_price, max_price, in_stock } = filters
  const byPriceOrStock = min_price !== undefined || max_price !== undefined || in_stock !== undefined
  if (!byPriceOrStock && category === undefined) return keptCount(db, 'products')
  const names = keysOf(category ?? [])
  if (!byPriceOrStock && names.length === 1) {
    return sql<Count>`SELECT ifnull((SELECT product_count FROM categories WHERE name_key = ${names[0]}), 0) AS count, 0 AS is_lower_bound`.compile(
      db,
    )
  }
  return countUpTo(
    db,
    merge(
      db,
      runs(db, 'price_cents', filters).map((run) => run.select('id')),
    ),
  )
}

type Run = SelectQueryBuilder<Database, 'products', object>

const indexOf = { id: 'id', price_cents: 'price', name_key: 'name', created_at: 'age' } as const

/**
 * The products that match, as runs in each of which an index of 0002_catalog.sql has the order of
 * `column`: one for each half of the stock and each category. SQLite merges sorted runs as it reads
 * them, so that a page costs its own rows however many runs there are.
 */
function runs(
  db: Db,
  column: keyof typeof indexOf,
  { category, in_stock, min_price, max_price }: ProductFilters,
): Run[] {
  const halves = in_stock === undefined ? [0, 1] : [Number(in_stock)]
  const categories = category === undefined ? [undefined] : keysOf(category)
  // Named, because the planner takes an index of fewer columns where it likes the bounds better. With
  // bounds on a price and another order no index has both, and the choice is left to it.
  const bounded = min_price !== undefined || max_price !== undefined
  const index = `products_${category ? 'of_category_' : ''}by_${indexOf[column]}`
  const named =
    bounded && column !== 'price_cents' ? sql`products` : sql`products INDEXED BY ${sql.ref(index)}`
  const products = db.selectFrom(sql<ProductRow>`products`.as<'products'>(named))
  return categories.flatMap((name_key) =>
    halves.map((half) =>
      products
        .where('in_stock', '=', sql.lit(half))
        .$if(name_key !== undefined, (run) =>
          run.where(
            'category_id',
            '=',
            db.selectFrom('categories').where('name_key', '=', name_key!).select('id'),
          ),
        )
        // Literals, because ten categories would need more than D1's hundred parameters.
        .$if(min_price !== undefined, (run) => run.where('price_cents', '>=', sql.lit(min_price!)))
        .$if(max_price !== undefined, (run) => run.where('price_cents', '<=', sql.lit(max_price!))),
    ),
  )
}

/** The forms in which these names of categories are compared, each once. */
export function keysOf(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => toKey(name.trim())))]
}
