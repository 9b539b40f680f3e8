import { build } from '../db/build.ts'
import { type RawBuilder, sql } from 'kysely'
import type { Db, Query } from '../db/client.ts'
import { COUNTED_MATCHES, countUpTo, fetchPage, type PageRequest, type PageRows } from '../db/keyset.ts'
import { sortingOf } from './list-products.ts'
import type { ProductRow } from './product.ts'
import { keysOf, type ProductFilters } from './product-runs.ts'
import {
  anyOf,
  CATEGORY_MARK,
  DRAFT_TOKEN,
  priceTokens,
  type Ranking,
  stockToken,
  toRanking,
} from './product-tokens.ts'
import { toSearchedWords } from './search-words.ts'

/** A search lists at most this many products, the best. */
const LISTED_MATCHES = COUNTED_MATCHES

type Match = RawBuilder<string>

/** The filters are a suffix of each expression. */
type Filtered = Ranking & { facets: Match }

/**
 * A page of the products that contain every word of `search` in name, SKU, description or the name of their category;
 * the last word may be a prefix. If there is a digit in it, the product with this SKU comes first, then those with all
 * words in name or SKU, with some, the others, and those with other forms of the words; within a rank by id. An
 * explicit ordering sorts the best LISTED_MATCHES.
 */
export async function searchProducts(
  db: Db,
  search: string,
  filters: ProductFilters,
  request: PageRequest,
): Promise<PageRows<ProductRow>> {
  const words = toSearchedWords(search)
  const { min_price = 0, max_price = Infinity } = filters
  if (words.length === 0 || min_price > max_price) {
    await db.check()
    return { rows: [], count: { count: 0, is_lower_bound: 0 } }
  }
  const ranking = { ...toRanking(words, search), facets: facetsOf(filters) }
  const all = build
    .selectFrom('product_words')
    .where(sql<boolean>`product_words MATCH ${`(${ranking.all})`} || ${ranking.facets}`)
  return fetchPage(db, request, selectPage(ranking, filters, request), countUpTo(all.select('rowid')))
}

function selectPage(
  ranking: Filtered,
  { ordering }: ProductFilters,
  request: PageRequest,
): Query<ProductRow> {
  const size = request.size + 1
  // A larger offset would list nothing either, but cost more.
  const offset = Math.min(request.offset, LISTED_MATCHES)
  if (ordering === undefined) {
    return sql<ProductRow>`
      SELECT products.* FROM (${best(ranking, size, offset)}) AS best JOIN products ON products.id = best.id
      ORDER BY rank, products.id`
  }
  const { column, descending } = sortingOf(ordering)
  const direction = sql.raw(descending ? 'DESC' : 'ASC')
  return sql<ProductRow>`
    SELECT products.* FROM (${best(ranking, LISTED_MATCHES, 0)}) AS best JOIN products ON products.id = best.id
    ORDER BY ${sql.ref(`products.${column}`)} ${direction}, products.id ${direction}
    LIMIT ${size} OFFSET ${offset}`
}

/**
 * The best `limit` products after the first `offset`. MATCH returns rows by id and the scan stops when it has enough,
 * so the cost does not grow with the number of matches. CROSS JOIN keeps the ranks in their order.
 */
function best({ ranks, facets }: Filtered, limit: number, offset: number) {
  const expressions = JSON.stringify(ranks.map((rank) => `(${rank})`))
  return sql`
    SELECT product_words.rowid AS id, match.key AS rank
    FROM json_each(${expressions}) AS match
    CROSS JOIN product_words ON product_words MATCH match.value || ${facets}
    LIMIT ${sql.lit(limit)} OFFSET ${sql.lit(offset)}`
}

/** The filters, as a suffix of the MATCH expression. If no category matches, the mark alone matches no product. */
function facetsOf({ category, min_price, max_price, in_stock, published }: ProductFilters): Match {
  const isBounded = min_price !== undefined || max_price !== undefined
  const facets = [
    ...(published === false ? [[DRAFT_TOKEN]] : []),
    ...(in_stock === undefined ? [] : [[stockToken(in_stock)]]),
    ...(isBounded ? [priceTokens(min_price ?? 0, max_price ?? Infinity)] : []),
  ]
  const onSale = published ? ` NOT {facets} : "${DRAFT_TOKEN}"` : ''
  const given = onSale + facets.map((tokens) => ` AND {facets} : ${anyOf(tokens)}`).join('')
  if (category === undefined) return sql`${given}`
  const token = sql`'"' || ${CATEGORY_MARK} || id || '"'`
  const tokens = sql<string>`ifnull(group_concat(${token}, ' OR '), '"' || ${CATEGORY_MARK} || '"')`
  const named = build
    .selectFrom('categories')
    .where('name_key', 'in', keysOf(category))
    .select(tokens.as('any'))
  return sql`${given} || ' AND {facets} : (' || ${named} || ')'`
}
