import { build } from '../db/build.ts'
import { sql } from 'kysely'
import type { Db, Query } from '../db/client.ts'
import {
  type Count,
  countUpTo,
  fetchPage,
  merge,
  selectPage,
  type Key,
  keptCount,
  type PageRequest,
  type PageRows,
  scanDirection,
} from '../db/keyset.ts'
import { keysOf, type ProductFilters, runs } from './product-runs.ts'
import type { PRODUCT_ORDERINGS } from './schema.ts'
import type { ProductRow } from './product.ts'

export type ProductOrdering = (typeof PRODUCT_ORDERINGS)[number]

const columnOf = { id: 'id', price: 'price_cents', name: 'name_key', created_at: 'created_at' } as const

/** `-price` → the column, and whether it descends. */
export function sortingOf(ordering: ProductOrdering) {
  const descending = ordering.startsWith('-')
  const column = columnOf[ordering.replace('-', '') as keyof typeof columnOf]
  return { column, descending }
}

/** A price bound sorts by price, unless asked otherwise: the order in which an index finds the matches. */
export function defaultOrdering(filters: ProductFilters): ProductOrdering {
  return filters.ordering ?? (isBounded(filters) ? 'price' : 'id')
}

export function keyOf(ordering: ProductOrdering): (row: ProductRow) => Key {
  const { column } = sortingOf(ordering)
  return (row) => [row[column], row.id]
}

/** A page of the products that match all filters but `search`. */
export function listProducts(
  db: Db,
  filters: ProductFilters,
  request: PageRequest,
): Promise<PageRows<ProductRow>> {
  return fetchPage(db, request, selectProducts(filters, request), countMatches(filters))
}

export function selectProducts(filters: ProductFilters, request: PageRequest): Query<ProductRow> {
  const sorting = sortingOf(defaultOrdering(filters))
  const { column, descending } = sorting
  if (column !== 'price_cents' && isBounded(filters))
    return selectBoundedInOtherOrder(filters, sorting, request)
  // A seek by price already is one of the bounds. Were both given, SQLite might seek the other one and
  // read every row between them.
  const seeksPrice = column === 'price_cents' && request.after !== undefined
  const direction = scanDirection(request, descending)
  const left = {
    ...filters,
    min_price: seeksPrice && direction === 'asc' ? undefined : filters.min_price,
    max_price: seeksPrice && direction === 'desc' ? undefined : filters.max_price,
  }
  const sorted = runs(column, left).map((run) => run.selectAll())
  return selectPage(sorted, { table: 'products', ...sorting }, request)
}

/**
 * Between two prices but not in order of price: no index has both. Where there are many matches, the
 * order is walked until a page of them is found; where there are few, they are sorted. Which it is, the
 * count of the first page tells.
 */
function selectBoundedInOtherOrder(
  filters: ProductFilters,
  sorting: ReturnType<typeof sortingOf>,
  request: PageRequest,
): Query<ProductRow> {
  const { column, descending } = sorting
  const walked = runs(column, filters).map((run) => run.selectAll())
  const sorted = runs('price_cents', filters).map((run) => run.selectAll())
  const pageOf = (chosen: typeof walked) => selectPage(chosen, { table: 'products', ...sorting }, request)
  if (request.count) return pageOf(request.count.is_lower_bound ? walked : sorted)

  const wanted = request.offset + request.size + 1
  const limitIf = (many: 0 | 1) =>
    sql<number>`(SELECT iif(is_lower_bound = ${sql.lit(many)}, ${wanted}, 0) FROM matches)`
  const either = [
    pageOf(walked).clearOffset().clearLimit().limit(limitIf(1)),
    pageOf(sorted).clearOffset().clearLimit().limit(limitIf(0)),
  ].map((page) => build.selectFrom(page.as('page')).selectAll())
  const direction = scanDirection(request, descending)
  return build
    .with(
      (cte) => cte('matches').materialized(),
      () => sql<Count>`(${countUpTo(mergedMatches(filters))})`,
    )
    .selectFrom(either[0]!.unionAll(either[1]!).as('page'))
    .selectAll()
    .orderBy(column, direction)
    .orderBy('id', direction)
    .limit(request.size + 1)
    .offset(request.offset)
}

function isBounded({ min_price, max_price }: ProductFilters): boolean {
  return min_price !== undefined || max_price !== undefined
}

function countMatches(filters: ProductFilters): Query<Count> {
  const { category, in_stock } = filters
  const byPriceOrStock = isBounded(filters) || in_stock !== undefined
  if (!byPriceOrStock && category === undefined) return keptCount('products')
  const names = keysOf(category ?? [])
  if (!byPriceOrStock && names.length === 1) {
    return sql<Count>`SELECT ifnull((SELECT product_count FROM categories WHERE name_key = ${names[0]}), 0) AS count, 0 AS is_lower_bound`
  }
  return countUpTo(mergedMatches(filters))
}

function mergedMatches(filters: ProductFilters) {
  const ids = runs('price_cents', filters).map((run) => run.select('id'))
  return merge(ids)
}
