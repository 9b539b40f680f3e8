import { type SelectQueryBuilder, sql } from 'kysely'
import type { Db } from '../db/client.ts'
import { countUpTo, fetchPage, type Position, type Rows } from '../db/keyset.ts'
import type { Database } from '../db/schema.ts'
import { toKey } from '../text.ts'
import { sortingOf } from './list-products.ts'
import type { ProductRow } from './product.ts'
import { keysOf, type ProductFilters } from './product-runs.ts'

/** The matches that are ranked; bm25 looks at each, and no index shortens that. */
const RANKED_MATCHES = 2000

/**
 * A page of the products in which every word of `search` occurs, in name or description, the last as a
 * prefix: best first, a word in the name weighing ten times one in the description, or in an explicit
 * ordering. Filters come first, then the first RANKED_MATCHES are ranked.
 */
export async function searchProducts(
  db: Db,
  search: string,
  filters: ProductFilters,
  position: Position,
): Promise<Rows<ProductRow>> {
  const words = toMatch(search)
  if (words === undefined) return { rows: [], count: { count: 0, is_lower_bound: 0 } }
  const found = matches(db, words, filters)
  const ranked = found
    .select(['products.id', sql<number>`bm25(product_words, 10.0, 1.0)`.as('rank')])
    .limit(sql.lit(RANKED_MATCHES))
  const page = db
    .selectFrom(ranked.as('ranked'))
    .innerJoin('products', 'products.id', 'ranked.id')
    .selectAll('products')
    .$if(filters.ordering === undefined, (query) => query.orderBy('rank'))
    .$if(filters.ordering !== undefined, (query) => {
      const { column, descending } = sortingOf(filters.ordering!)
      return query.orderBy(`products.${column}`, descending ? 'desc' : 'asc')
    })
    .orderBy('products.id', filters.ordering?.startsWith('-') ? 'desc' : 'asc')
    .limit(position.size + 1)
    .offset(position.offset)
  return fetchPage(db, position, page, countUpTo(db, found.select('products.id')))
}

/**
 * What MATCH is given: each word in quotes, so that nothing in it is syntax. A word that NFKC changes is
 * looked for in both forms, since names are indexed after it and descriptions as they are. Undefined
 * without a word.
 */
export function toMatch(search: string): string | undefined {
  const [given, keys] = [wordsOf(search), wordsOf(toKey(search))]
  const words = keys.map((key, index) => (keys.length === given.length ? [given[index]!, key] : [key]))
  if (words.length === 0) return undefined
  const forms = words.map((word, index) => {
    const prefix = index === words.length - 1 ? '*' : ''
    return `(${[...new Set(word)].map((form) => `"${form}"${prefix}`).join(' OR ')})`
  })
  return forms.join(' AND ')
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu) ?? []
}

function matches(db: Db, words: string, { category, min_price, max_price, in_stock }: ProductFilters) {
  const found: SelectQueryBuilder<Database, 'product_words' | 'products', object> = db
    .selectFrom('product_words')
    .innerJoin('products', 'products.id', 'product_words.rowid')
    .where(sql<boolean>`product_words MATCH ${words}`)
  return found
    .$if(category !== undefined, (query) =>
      query
        .where('category_id', 'in', named(db, category!))
        // Looked at once: where there is no such category, no match has to be.
        .where(({ exists }) => exists(named(db, category!))),
    )
    .$if(min_price !== undefined, (query) => query.where('price_cents', '>=', min_price!))
    .$if(max_price !== undefined, (query) => query.where('price_cents', '<=', max_price!))
    .$if(in_stock !== undefined, (query) => query.where('in_stock', '=', Number(in_stock)))
}

function named(db: Db, names: readonly string[]) {
  return db.selectFrom('categories').where('name_key', 'in', keysOf(names)).select('id')
}
