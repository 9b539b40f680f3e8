import type { Context } from 'hono'
import type * as z from 'zod'
import type { AppEnv } from '../http/app-env.ts'
import type { PageQuery } from '../http/page-query.ts'
import { Pager } from '../http/pagination.ts'
import { isCountExact, needsSorting, keyOf, listProducts, orderingOf, sortProducts } from './list-products.ts'
import { toCategory, toProduct } from './product.ts'
import { listCategories } from './queries.ts'
import type { ListProductsQuery } from './schema.ts'
import { searchProducts } from './search-products.ts'

/** The list of products that `query` asks for, the same for customers and staff. */
export async function productPage(c: Context<AppEnv>, query: z.infer<typeof ListProductsQuery>) {
  const { db } = c.var
  const pager = new Pager(c, query, { isCountExact: isCountExact(query) })
  if (query.search !== undefined)
    return pager.numbered(await searchProducts(db, query.search, query, pager.request), toProduct)
  if (needsSorting(query)) return pager.numbered(await sortProducts(db, query, pager.request), toProduct)
  return pager.keyed(await listProducts(db, query, pager.request), keyOf(orderingOf(query)), toProduct)
}

export async function categoryPage(c: Context<AppEnv>, query: z.infer<typeof PageQuery>) {
  const pager = new Pager(c, query)
  return pager.keyed(
    await listCategories(c.var.db, pager.request),
    ({ sort_key, id }) => [sort_key, id],
    toCategory,
  )
}
