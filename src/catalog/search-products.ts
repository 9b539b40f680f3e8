import { build } from '../db/build.ts'
import { type RawBuilder, sql } from 'kysely'
import type { Db, Query } from '../db/client.ts'
import { COUNTED_MATCHES, countUpTo, fetchPage, type PageRequest, type PageRows } from '../db/keyset.ts'
import { sortingOf } from './list-products.ts'
import type { ProductRow } from './product.ts'
import { keysOf, type ProductFilters } from './product-runs.ts'
import { anyOf, CATEGORY_MARK, priceTokens, stockToken, toMatches } from './product-tokens.ts'
import { toSearchedWords } from './search-words.ts'

/** A search lists at most this many products, the best. */
const LISTED_MATCHES = COUNTED_MATCHES

type Match = RawBuilder<string>

/**
 * A page of the products that contain every word of `search` in name, description or the name of their category,
 * the last one as a prefix. Products with all words in the name come first, then those with some, then the others,
 * then those that contain other forms of the words, each by id. An explicit ordering sorts the best LISTED_MATCHES.
 */
export async function searchProducts(
  db: Db,
  search: string,
  filters: ProductFilters,
  request: PageRequest,
): Promise<PageRows<ProductRow>> {
  const words = toSearchedWords(search)
  const { min_price = 0, max_price = Infinity } = filters
  if (words.length === 0 || min_price > max_price) return { rows: [], count: { count: 0, is_lower_bound: 0 } }
  const facets = facetsOf(filters)
  const matches = toMatches(words).map((match): Match => sql`${match} || ${facets}`)
  const all = build.selectFrom('product_words').where(sql<boolean>`product_words MATCH ${matches.at(-1)}`)
  return fetchPage(db, request, selectPage(matches, filters, request), countUpTo(all.select('rowid')))
}

function selectPage(
  matches: readonly Match[],
  { ordering }: ProductFilters,
  request: PageRequest,
): Query<ProductRow> {
  const size = request.size + 1
  // A larger offset would list nothing either, but cost more.
  const offset = Math.min(request.offset, LISTED_MATCHES)
  if (ordering === undefined) {
    return sql<ProductRow>`
      SELECT products.* FROM (${best(matches, size, offset)}) AS best JOIN products ON products.id = best.id
      ORDER BY rank, products.id`
  }
  const { column, descending } = sortingOf(ordering)
  const direction = sql.raw(descending ? 'DESC' : 'ASC')
  return sql<ProductRow>`
    SELECT products.* FROM (${best(matches, LISTED_MATCHES, 0)}) AS best JOIN products ON products.id = best.id
    ORDER BY ${sql.ref(`products.${column}`)} ${direction}, products.id ${direction}
    LIMIT ${size} OFFSET ${offset}`
}

/**
 * So many of the best, past the first `offset`. MATCH finds in order of id and stops when it has enough, so
 * nothing here grows with the number of matches. A rank finds again what the one before it finds, and is not
 * asked where one before it has enough: a LIMIT is computed once, before anything is read.
 */
function best(matches: readonly Match[], limit: number, offset: number) {
  const wanted = sql.lit(offset + limit)
  const ranks = matches.map((match, rank) => {
    const [found, isEnough] = [sql.table(`rank_${rank}`), sql.table(`enough_${rank}`)]
    const before = sql.table(`enough_${rank - 1}`)
    const missing = rank === 0 ? wanted : sql`(SELECT iif(yes, 0, ${wanted}) FROM ${before})`
    const already = rank === 0 ? sql.lit(0) : sql`(SELECT yes FROM ${before})`
    const common = sql`
      ${found} AS MATERIALIZED (
        SELECT rowid AS id, ${sql.lit(rank)} AS rank FROM product_words WHERE product_words MATCH ${match}
        ORDER BY rowid LIMIT ${missing}
      ),
      ${isEnough} AS MATERIALIZED (SELECT ${already} OR count(*) >= ${wanted} AS yes FROM ${found})`
    return { common, rows: sql`SELECT * FROM ${found}` }
  })
  return sql`
    WITH ${sql.join(ranks.map(({ common }) => common))}
    SELECT id, min(rank) AS rank FROM (${sql.join(
      ranks.map(({ rows }) => rows),
      sql` UNION ALL `,
    )})
    GROUP BY id ORDER BY rank, id LIMIT ${sql.lit(limit)} OFFSET ${sql.lit(offset)}`
}

/** The filters, as a suffix of the MATCH expression. If no category matches, the mark alone matches no product. */
function facetsOf({ category, min_price, max_price, in_stock }: ProductFilters): Match {
  const isBounded = min_price !== undefined || max_price !== undefined
  const facets = [
    ...(in_stock === undefined ? [] : [[stockToken(in_stock)]]),
    ...(isBounded ? [priceTokens(min_price ?? 0, max_price ?? Infinity)] : []),
  ]
  const given = facets.map((tokens) => ` AND {facets} : ${anyOf(tokens)}`).join('')
  if (category === undefined) return sql`${given}`
  const token = sql`'"' || ${CATEGORY_MARK} || id || '"'`
  const tokens = sql<string>`ifnull(group_concat(${token}, ' OR '), '"' || ${CATEGORY_MARK} || '"')`
  const named = build
    .selectFrom('categories')
    .where('name_key', 'in', keysOf(category))
    .select(tokens.as('any'))
  return sql`${given} || ' AND {facets} : (' || ${named} || ')'`
}
