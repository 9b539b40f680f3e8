import { Hono, type MiddlewareHandler } from 'hono'
import type { AppEnv } from '../env.ts'
import { jsonWithTag } from '../http/conditional.ts'
import { IdParam } from '../http/fields.ts'
import { PageQuery } from '../http/pagination.ts'
import { validate } from '../http/validate.ts'
import { categoryPage, productPage } from './pages.ts'
import { toProduct } from './product.ts'
import { getProduct } from './queries.ts'
import { ListProductsQuery } from './schema.ts'

/** The public catalogue may be stored, but is checked before use; everything else is no-store. */
const CACHING = { 'Cache-Control': 'no-cache' }

/** The public catalogue reads from any replica: it may be a little old anyway. */
const anyReplica: MiddlewareHandler<AppEnv> = async (c, next) => {
  c.set('db', c.var.db.from('first-unconstrained'))
  await next()
}

export const productRoutes = new Hono<AppEnv>()
  .use(anyReplica)
  .get('/', validate('query', ListProductsQuery), async (c) => {
    return c.json(await productPage(c.var.db, c.req.url, c.req.valid('query')), 200, CACHING)
  })
  .get('/:id', validate('param', IdParam), async (c) => {
    const product = await getProduct(c.var.db, c.req.valid('param').id)
    return jsonWithTag(c, toProduct(product), {
      version: [product.version, product.stock_version],
      headers: CACHING,
    })
  })

export const categoryRoutes = new Hono<AppEnv>()
  .use(anyReplica)
  .get('/', validate('query', PageQuery), async (c) => {
    return c.json(await categoryPage(c.var.db, c.req.url, c.req.valid('query')), 200, CACHING)
  })
