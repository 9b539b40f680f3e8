import { Hono } from 'hono'
import { readBearer } from '../../src/auth/require.ts'
import { tokenRoutes } from '../../src/auth/routes.ts'
import { cartRoutes } from '../../src/cart/routes.ts'
import { productRoutes } from '../../src/catalog/routes.ts'
import { Db } from '../../src/db/client.ts'
import type { AppEnv } from '../../src/http/app-env.ts'
import { orderRoutes } from '../../src/orders/routes.ts'

/** The shop's routes without the middleware that all routes have. */
export const routesAlone = new Hono<AppEnv>({ strict: false })
  .use(async (c, next) => {
    c.set('db', new Db(c.env.DB))
    c.set('now', Date.now())
    c.set('bearer', await readBearer(c))
    await next()
  })
  .route('/products', productRoutes)
  .route('/cart', cartRoutes)
  .route('/orders', orderRoutes)
  .route('/token', tokenRoutes)
