import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { accountRoutes } from './accounts/routes.ts'
import { actionRoutes, auditRoutes } from './audit/routes.ts'
import { requireSecret } from './auth/require.ts'
import { tokenRoutes } from './auth/routes.ts'
import { cartRoutes } from './cart/routes.ts'
import { adminCategoryRoutes, adminProductRoutes } from './catalog/admin-routes.ts'
import { categoryRoutes, productRoutes } from './catalog/routes.ts'
import { Db } from './db/client.ts'
import type { AppEnv } from './env.ts'
import { AppError } from './errors.ts'
import { accepting } from './http/accepting.ts'
import { returnBookmark } from './http/bookmark.ts'
import { crossOrigin } from './http/cross-origin.ts'
import { keepNothing } from './http/edge-cache.ts'
import { onError, onNotFound, problem } from './http/error-response.ts'
import { log } from './http/log.ts'
import { adminOrderEventRoutes, orderEventRoutes } from './live/routes.ts'
import { adminOrderRoutes } from './orders/admin-routes.ts'
import { orderRoutes } from './orders/routes.ts'
import { serviceRoutes } from './service/routes.ts'

const MAX_BODY_BYTES = 64 * 1024

/** What runs before every request, then who owns which path. */
export const app: Hono<AppEnv> = new Hono<AppEnv>({ strict: false }) // both slash forms; declare paths without the slash

app
  .use(requestId())
  .use(async (c, next) => {
    c.set('db', new Db(c.env.DB))
    c.set('now', Date.now())
    await next()
  })
  .use(log)
  .use(
    secureHeaders({
      crossOriginResourcePolicy: 'cross-origin',
      xFrameOptions: 'DENY',
      // Without includeSubDomains: a shop on an apex domain does not decide for the others there. As in public/_headers.
      strictTransportSecurity: 'max-age=15552000',
    }),
  )
  .use(keepNothing)
  .use(crossOrigin)
  .use(returnBookmark)
  .use(requireSecret)
  .use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        problem(c, new AppError('method_not_allowed', `This path takes ${methods.join(', ')}.`), {
          Allow: methods.join(', '),
        }),
    }),
  )
  // Before what insists on JSON, and before the orders, whose every path asks for a header.
  .route('/api/orders/events', orderEventRoutes)
  .route('/api/admin/orders/events', adminOrderEventRoutes)
  .use(accepting)
  .use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new AppError('body_too_large', `A body can have at most ${MAX_BODY_BYTES} bytes.`)
      },
    }),
  )
  .route('/api', serviceRoutes)
  .route('/api/users', accountRoutes)
  .route('/api/token', tokenRoutes)
  .route('/api/products', productRoutes)
  .route('/api/categories', categoryRoutes)
  .route('/api/cart', cartRoutes)
  .route('/api/orders', orderRoutes)
  .route('/api/admin/products', adminProductRoutes)
  .route('/api/admin/categories', adminCategoryRoutes)
  .route('/api/admin/orders', adminOrderRoutes)
  .route('/api/admin/audit', auditRoutes)
  .route('/api/admin/actions', actionRoutes)
  .onError(onError)
  .notFound(onNotFound)
