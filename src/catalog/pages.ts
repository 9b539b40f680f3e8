import type { Context } from 'hono'
import type * as z from 'zod'
import type { AppEnv } from '../http/app-env.ts'
import type { PageQuery } from '../http/page-query.ts'
import { Pager } from '../http/pagination.ts'
import type { Category } from './openapi.ts'
import { isCountExact, needsSorting, keyOf, listProducts, orderingOf, sortProducts } from './list-products.ts'
import type { CategoryRow, ProductRow } from './product.ts'
import type { ProductFilters } from './product-runs.ts'
import { listCategories } from './queries.ts'
import { searchProducts } from './search-products.ts'

/** The list of products that `query` asks for. Customers see only those that are published. */
export async function productPage<Item>(
  c: Context<AppEnv>,
  query: z.infer<typeof PageQuery> & ProductFilters,
  toItem: (row: ProductRow) => Item,
  visible: Pick<ProductFilters, 'published'> = {},
) {
  const { db } = c.var
  const filters = { ...query, ...visible }
  const pager = new Pager(c, query, { isCountExact: isCountExact(filters) })
  if (query.search !== undefined)
    return pager.numbered(await searchProducts(db, query.search, filters, pager.request), toItem)
  if (needsSorting(filters)) return pager.numbered(await sortProducts(db, filters, pager.request), toItem)
  return pager.keyed(await listProducts(db, filters, pager.request), keyOf(orderingOf(filters)), toItem)
}

export async function categoryPage(
  c: Context<AppEnv>,
  query: z.infer<typeof PageQuery>,
  toCategory: (row: CategoryRow) => Category,
) {
  const pager = new Pager(c, query)
  return pager.keyed(
    await listCategories(c.var.db, pager.request),
    ({ sort_key, id }) => [sort_key, id],
    toCategory,
  )
}
