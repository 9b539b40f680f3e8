import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { accountRoutes } from './accounts/routes.ts'
import { auditLogRoutes, recordInAuditLog } from './audit-log/routes.ts'
import { limitCaller } from './auth/limit-caller.ts'
import { requireSecret } from './auth/require.ts'
import { tokenRoutes } from './auth/routes.ts'
import { cartRoutes } from './cart/routes.ts'
import { adminCategoryRoutes, adminProductRoutes } from './catalog/admin-routes.ts'
import { categoryRoutes, productRoutes } from './catalog/routes.ts'
import { Db } from './db/client.ts'
import { adminDeliveryRoutes, deliveryRoutes } from './delivery/routes.ts'
import type { AppEnv } from './http/app-env.ts'
import { AppError } from './errors.ts'
import { returnBookmark } from './http/bookmark.ts'
import { crossOrigin } from './http/cross-origin.ts'
import { noStoreByDefault } from './http/edge-cache.ts'
import { onError, onNotFound, problem } from './http/error-response.ts'
import { log } from './http/log.ts'
import { refuseParameters } from './http/refuse-parameters.ts'
import { requireAcceptsJson } from './http/require-accepts-json.ts'
import { integrityRoutes } from './integrity/routes.ts'
import { adminOrderEventRoutes, orderEventRoutes } from './live/routes.ts'
import { adminMailRoutes } from './mail/routes.ts'
import { metaRoutes } from './meta/routes.ts'
import { adminOrderRoutes } from './orders/admin-routes.ts'
import { orderRoutes } from './orders/routes.ts'
import { adminPaymentRoutes } from './payments/admin-routes.ts'
import { ensurePayments, paymentRoutes } from './payments/routes.ts'
import { stripeWebhookRoutes } from './payments/webhook-routes.ts'
import { pictureFileRoutes } from './pictures/file-routes.ts'
import { pictureRoutes } from './pictures/routes.ts'
import { recoveryRoutes } from './recovery/routes.ts'
import { exportRoutes, importRoutes } from './spreadsheets/routes.ts'
import { personalDataRoutes } from './personal-data/routes.ts'
import { webhookRoutes } from './webhooks/routes.ts'

const MAX_BODY_BYTES = 64 * 1024

const limitBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new AppError('body_too_large', `A body can have at most ${MAX_BODY_BYTES} bytes.`)
  },
})

/** Paths that take larger bodies, and limit them themselves. */
const UPLOADS = /^\/api\/admin\/products\/[^/]+\/pictures\/?$/

/** The middleware, in order, then the routes. Stripe's events come before most of it: see webhook-routes.ts. */
export const app: Hono<AppEnv> = new Hono<AppEnv>({ strict: false }) // both slash forms; declare paths without the slash

app
  .use(requestId({ limitLength: 0 })) // never the client's: a client must not write into the log
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
      // Without includeSubDomains: a shop on an apex domain must not decide for its subdomains. As in public/_headers.
      strictTransportSecurity: 'max-age=15552000',
    }),
  )
  .use(noStoreByDefault)
  .route('/api/payments', stripeWebhookRoutes)
  .use(crossOrigin)
  .use(returnBookmark)
  .use(requireSecret)
  .use(limitCaller)
  .use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        problem(c, new AppError('method_not_allowed', `This path takes ${methods.join(', ')}.`), {
          Allow: methods.join(', '),
        }),
    }),
  )
  .use(refuseParameters)
  // Registered first: streams and pictures are not JSON, and `orderRoutes` would require an Authorization header on
  // every path below it.
  .route('/api/orders/events', orderEventRoutes)
  .route('/api/admin/orders/events', adminOrderEventRoutes)
  .route('/pictures', pictureFileRoutes)
  .use('/api/admin/*', recordInAuditLog)
  .route('/api/admin', exportRoutes)
  .use(requireAcceptsJson)
  .route('/api/admin/products/import', importRoutes)
  .use((c, next) => (UPLOADS.test(c.req.path) ? next() : limitBody(c, next)))
  .route('/api', metaRoutes)
  .route('/api/users', personalDataRoutes)
  .route('/api/users', accountRoutes)
  .route('/api/users', recoveryRoutes)
  .route('/api/token', tokenRoutes)
  .route('/api/products', productRoutes)
  .route('/api/categories', categoryRoutes)
  .route('/api/delivery-options', deliveryRoutes)
  .route('/api/cart', cartRoutes)
  .use('/api/orders/*', ensurePayments)
  .use('/api/admin/orders/*', ensurePayments)
  .route('/api/orders', paymentRoutes)
  .route('/api/orders', orderRoutes)
  .route('/api/admin/products', pictureRoutes)
  .route('/api/admin/products', adminProductRoutes)
  .route('/api/admin/categories', adminCategoryRoutes)
  .route('/api/admin/delivery-options', adminDeliveryRoutes)
  .route('/api/admin/orders', adminPaymentRoutes)
  .route('/api/admin/orders', adminOrderRoutes)
  .route('/api/admin/mail', adminMailRoutes)
  .route('/api/admin/webhooks', webhookRoutes)
  .route('/api/admin/integrity', integrityRoutes)
  .route('/api/admin/audit-log', auditLogRoutes)
  .onError(onError)
  .notFound(onNotFound)
