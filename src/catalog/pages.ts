import type * as z from 'zod'
import type { Db } from '../db/client.ts'
import type { PageQuery } from '../http/page-query.ts'
import { Pager } from '../http/pagination.ts'
import { defaultOrdering, keyOf, listProducts } from './list-products.ts'
import { toCategory, toProduct } from './product.ts'
import { listCategories } from './queries.ts'
import type { ListProductsQuery } from './schema.ts'
import { searchProducts } from './search-products.ts'

/** The page of products for `query`, the same for customers and staff. */
export async function productPage(db: Db, url: string, query: z.infer<typeof ListProductsQuery>) {
  const pager = new Pager(url, query)
  if (query.search === undefined) {
    return pager.keyed(await listProducts(db, query, pager.request), keyOf(defaultOrdering(query)), toProduct)
  }
  return pager.numbered(await searchProducts(db, query.search, query, pager.request), toProduct)
}

export async function categoryPage(db: Db, url: string, query: z.infer<typeof PageQuery>) {
  const pager = new Pager(url, query)
  return pager.keyed(
    await listCategories(db, pager.request),
    ({ name_key, id }) => [name_key, id],
    toCategory,
  )
}
