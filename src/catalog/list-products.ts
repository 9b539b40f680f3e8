import { sql } from 'kysely'
import type { Db, Query } from '../db/client.ts'
import {
  type Count,
  COUNTED_MATCHES,
  countUpTo,
  fetchPage,
  type Key,
  countFromCounters,
  merge,
  type PageRequest,
  type PageRows,
  scanDirection,
  selectPage,
} from '../db/keyset.ts'
import { keysOf, type ProductFilters, runs } from './product-runs.ts'
import type { ProductRow } from './product.ts'
import type { PRODUCT_ORDERINGS } from './schema.ts'

export type ProductOrdering = (typeof PRODUCT_ORDERINGS)[number] | 'stock'

const columnOf = {
  id: 'id',
  price: 'price_cents',
  name: 'name_key',
  created_at: 'created_at',
  stock: 'stock',
} as const

/** `-price` → the column, and whether it descends. */
export function sortingOf(ordering: ProductOrdering) {
  const descending = ordering.startsWith('-')
  const column = columnOf[ordering.replace('-', '') as keyof typeof columnOf]
  return { column, descending }
}

/** A list with a price bound is sorted by price by default, because an index has that order; low stock, by stock. */
export function orderingOf(filters: ProductFilters): ProductOrdering {
  if (filters.low_stock) return 'stock'
  return filters.ordering ?? (isBounded(filters) ? 'price' : 'id')
}

export function keyOf(ordering: ProductOrdering): (row: ProductRow) => Key {
  const { column } = sortingOf(ordering)
  return (row) => [row[column], row.id]
}

/** A page of the products that match all filters but `search`, in an order that an index provides. */
export function listProducts(
  db: Db,
  filters: ProductFilters,
  request: PageRequest,
): Promise<PageRows<ProductRow>> {
  return fetchPage(db, request, selectProducts(filters, request), countMatches(filters))
}

export function selectProducts(filters: ProductFilters, request: PageRequest): Query<ProductRow> {
  const { column, descending } = sortingOf(orderingOf(filters))
  // A cursor by price already implies one of the bounds. If both were in the query, SQLite might seek by the
  // other and read every row between them.
  const seeksPrice = column === 'price_cents' && request.after !== undefined
  const direction = scanDirection(request, descending)
  const left = {
    ...filters,
    min_price: seeksPrice && direction === 'asc' ? undefined : filters.min_price,
    max_price: seeksPrice && direction === 'desc' ? undefined : filters.max_price,
  }
  const sorted = runs(column, left).map((run) => run.selectAll())
  return selectPage(sorted, { table: 'products', column, descending }, request)
}

/** True for a list with a price bound and another order than price, which no index covers. */
export function needsSorting(filters: ProductFilters): boolean {
  return isBounded(filters) && sortingOf(orderingOf(filters)).column !== 'price_cents'
}

/**
 * A page of a list with a price bound and another order than price. Only the cheapest 1001 matches are sorted, so
 * the cost is bounded whatever the filters.
 */
export async function sortProducts(
  db: Db,
  filters: ProductFilters,
  request: PageRequest,
): Promise<PageRows<ProductRow>> {
  const rows = await db.all(selectSorted(filters, request))
  const { matches } = rows[0]!
  return {
    rows: rows.filter(({ id }) => id !== null) as ProductRow[],
    count: { count: Math.min(matches, COUNTED_MATCHES), is_lower_bound: Number(matches > COUNTED_MATCHES) },
  }
}

/**
 * The number of the cheapest rows among which `selectSorted` looks for its threshold. Each is read twice: 90 of the rows
 * that a list may read (test/bounded-reads.test.ts) are left for that.
 */
const SAMPLED = 45

/**
 * Returns one row per position of the page; its product is NULL past the end of the list. The ids are passed as
 * JSON, because SQLite would reread a subquery for every use.
 *
 * Sorting all matches takes longer than reading them. The threshold is the key at which the page ends among the few
 * cheapest of them. Among all matches the page ends at this key or earlier, so rows after it are not sorted.
 */
function selectSorted(filters: ProductFilters, { size, offset }: PageRequest) {
  const { column, descending } = sortingOf(orderingOf(filters))
  const [direction, upTo] = descending ? [sql`DESC`, sql`>=`] : [sql`ASC`, sql`<=`]
  const key = sql.ref(column)
  const positions = Array.from({ length: size + 1 }, (_, n) => offset + n)
  const matching = runs('price_cents', filters).map((run) => run.select(['id', 'price_cents', column]))
  const cheapest = (count: number) => merge(matching).orderBy(sql.ref('price_cents')).limit(sql.lit(count))
  const last = offset + size
  const threshold = sql`(SELECT ${key} FROM ${cheapest(SAMPLED)} ORDER BY ${key} ${direction} LIMIT 1 OFFSET ${sql.lit(last)})`
  const untilThreshold =
    last < SAMPLED ? sql`FILTER (WHERE ifnull(${key} ${upTo} ${threshold}, true))` : sql``
  return sql<{ matches: number } & (ProductRow | Record<keyof ProductRow, null>)>`
    SELECT matches, products.* FROM (
      SELECT count(*) AS matches, json_group_array(id ORDER BY ${key} ${direction}, id ${direction}) ${untilThreshold} AS ids
      FROM ${cheapest(COUNTED_MATCHES + 1)}
    ) AS sorted
    LEFT JOIN json_each(${JSON.stringify(positions)}) AS position ON true
    LEFT JOIN products ON products.id = json_extract(ids, '$[' || position.value || ']')
    ORDER BY position.key`
}

function isBounded({ min_price, max_price }: ProductFilters): boolean {
  return min_price !== undefined || max_price !== undefined
}

/** True if maintained counters have this count: all products or drafts, or those of one category. */
export function isCountExact(filters: ProductFilters): boolean {
  const { category, in_stock, search, low_stock } = filters
  const isNarrowed = isBounded(filters) || (in_stock ?? search ?? low_stock) !== undefined
  return !isNarrowed && (category === undefined || keysOf(category).length === 1)
}

function countMatches(filters: ProductFilters): Query<Count> {
  const { category, published, low_stock } = filters
  if (!isCountExact(filters)) {
    const matches = runs(low_stock ? 'stock' : 'price_cents', filters)
    return countUpTo(merge(matches.map((run) => run.select('id'))))
  }
  if (category === undefined)
    return countFromCounters(
      ...(published === false ? [] : ['products' as const]),
      ...(published ? [] : ['drafts' as const]),
    )
  const counts = { true: 'product_count', false: 'draft_count', undefined: 'product_count + draft_count' }
  return sql<Count>`
    SELECT ifnull((SELECT ${sql.raw(counts[`${published}`])} FROM categories WHERE name_key = ${keysOf(category)[0]}), 0)
      AS count, 0 AS is_lower_bound`
}
