import { sql } from 'kysely'
import type { Db, Query } from '../db/client.ts'
import {
  type Count,
  countOf,
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
export function listProducts(db: Db, filters: ProductFilters, position: Position): Promise<Rows<ProductRow>> {
  return fetchPage(db, position, selectProducts(db, filters, position), countMatches(db, filters))
}

export function selectProducts(db: Db, filters: ProductFilters, position: Position): Query<ProductRow> {
  const sorting = sortingOf(defaultOrdering(filters))
  const { column, descending } = sorting
  if (column !== 'price_cents' && isBounded(filters))
    return selectBoundedInOtherOrder(db, filters, sorting, position)
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
  return selectPage(db, sorted, { table: 'products', ...sorting }, position)
}

/**
 * Between two prices but not in order of price: no index has both. Where there are many matches, the
 * order is walked until a page of them is found; where there are few, they are sorted. Which it is, the
 * count of the first page tells.
 */
function selectBoundedInOtherOrder(
  db: Db,
  filters: ProductFilters,
  sorting: ReturnType<typeof sortingOf>,
  position: Position,
): Query<ProductRow> {
  const { column, descending } = sorting
  const walked = runs(db, column, filters).map((run) => run.selectAll())
  const sorted = runs(db, 'price_cents', filters).map((run) => run.selectAll())
  const pageOf = (chosen: typeof walked) =>
    selectPage(db, chosen, { table: 'products', ...sorting }, position)
  if (position.count) return pageOf(position.count.is_lower_bound ? walked : sorted)

  const wanted = position.offset + position.size + 1
  const limitIf = (many: 0 | 1) =>
    sql<number>`(SELECT iif(is_lower_bound = ${sql.lit(many)}, ${wanted}, 0) FROM matches)`
  const either = [
    pageOf(walked).clearOffset().clearLimit().limit(limitIf(1)),
    pageOf(sorted).clearOffset().clearLimit().limit(limitIf(0)),
  ].map((page) => db.selectFrom(page.as('page')).selectAll())
  const direction = walks(position, descending)
  return db
    .with(
      (cte) => cte('matches').materialized(),
      () => sql<Count>`(${countOf(mergedMatches(db, filters))})`,
    )
    .selectFrom(either[0]!.unionAll(either[1]!).as('page'))
    .selectAll()
    .orderBy(column, direction)
    .orderBy('id', direction)
    .limit(position.size + 1)
    .offset(position.offset)
}

function isBounded({ min_price, max_price }: ProductFilters): boolean {
  return min_price !== undefined || max_price !== undefined
}

function countMatches(db: Db, filters: ProductFilters): Query<Count> {
  const { category, in_stock } = filters
  const byPriceOrStock = isBounded(filters) || in_stock !== undefined
  if (!byPriceOrStock && category === undefined) return keptCount(db, 'products')
  const names = keysOf(category ?? [])
  if (!byPriceOrStock && names.length === 1) {
    return sql<Count>`SELECT ifnull((SELECT product_count FROM categories WHERE name_key = ${names[0]}), 0) AS count, 0 AS is_lower_bound`.compile(
      db,
    )
  }
  return countUpTo(db, mergedMatches(db, filters))
}

function mergedMatches(db: Db, filters: ProductFilters) {
  const ids = runs(db, 'price_cents', filters).map((run) => run.select('id'))
  return merge(db, ids)
}
