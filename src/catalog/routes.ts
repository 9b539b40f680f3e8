import { type Context, Hono, type MiddlewareHandler } from 'hono'
import type * as z from 'zod'
import type { AppEnv } from '../http/app-env.ts'
import { jsonWithTag } from '../http/conditional.ts'
import { edgeCached } from '../http/edge-cache.ts'
import { IdParam } from '../http/fields.ts'
import { PageQuery } from '../http/page-query.ts'
import { varyByHost } from '../http/public-url.ts'
import { byAddress, limit } from '../http/rate-limit.ts'
import { validate } from '../http/validate.ts'
import { tagsOfCategories, tagsOfList, tagsOfProduct } from './cache-tags.ts'
import { categoryPage, productPage } from './pages.ts'
import { toCategory, toProduct, versionOf } from './product.ts'
import { getProduct } from './queries.ts'
import { ListProductsQuery } from './schema.ts'

/** The public catalog may be slightly stale, so it reads from any replica. */
const anyReplica: MiddlewareHandler<AppEnv> = async (c, next) => {
  c.var.db.readFrom('first-unconstrained')
  await next()
}

/** A search costs more than other lists. Only requests that the edge cache does not answer are counted. */
const limitSearch = limit({ LIMIT_SEARCH: (c) => (searchOf(c) === undefined ? undefined : byAddress(c)) })

function searchOf(c: Context<AppEnv>): string | undefined {
  return (c.req.valid('query' as never) as z.infer<typeof ListProductsQuery>).search
}

export const productRoutes = new Hono<AppEnv>()
  .use(anyReplica)
  .get('/', validate('query', ListProductsQuery), limitSearch, async (c) => {
    const query = c.req.valid('query')
    const page = await productPage(c, query, toProduct, { published: true })
    return jsonWithTag(c, page, {
      headers: { ...edgeCached(tagsOfList(query, page.results)), ...varyByHost(c) },
    })
  })
  .get('/:id', validate('param', IdParam), async (c) => {
    const product = await getProduct(c.var.db, c.req.valid('param').id)
    return jsonWithTag(c, toProduct(product), {
      version: versionOf(product),
      headers: edgeCached(tagsOfProduct(product.id)),
    })
  })

export const categoryRoutes = new Hono<AppEnv>()
  .use(anyReplica)
  .get('/', validate('query', PageQuery), async (c) => {
    const page = await categoryPage(c, c.req.valid('query'), toCategory)
    return jsonWithTag(c, page, { headers: { ...edgeCached(tagsOfCategories), ...varyByHost(c) } })
  })
