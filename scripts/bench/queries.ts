import { type Context, Hono } from 'hono'
import { refreshSession } from '../../src/auth/refresh-session.ts'
import { activeSession } from '../../src/auth/session-guard.ts'
import { addToCart } from '../../src/cart/change-cart.ts'
import { selectCart } from '../../src/cart/queries.ts'
import { listProducts, sortProducts } from '../../src/catalog/list-products.ts'
import { getProduct } from '../../src/catalog/queries.ts'
import { Db } from '../../src/db/client.ts'
import { placeOrder } from '../../src/orders/place-order.ts'
import type { Bindings } from '../../src/env.ts'
import { settingsOf } from '../../src/settings.ts'

type Env = { Bindings: Bindings }

const FIRST_PAGE = { size: 10, offset: 0, backward: false }
const FILTERS = {
  category: ['Books'],
  min_price: 2000,
  max_price: 50_000,
  in_stock: true,
  ordering: 'name' as const,
}

/**
 * The queries of the shop's routes without what HTTP takes: middleware, tokens, validation, headers, links and the body
 * of the response. A customer has the id in the path, and a session with the same id, which is checked as by the routes.
 */
export const queries = new Hono<Env>()
  .get('/product/:id', (c) => run(c, (db, id) => getProduct(db, id)))
  .get('/page', (c) => run(c, (db) => listProducts(db, { published: true }, FIRST_PAGE)))
  .get('/filtered', (c) => run(c, (db) => sortProducts(db, { ...FILTERS, published: true }, FIRST_PAGE)))
  .get('/cart/:id', (c) => runAs(c, (db, user_id) => db.batch(selectCart(user_id))))
  .get('/addition/:id', (c) =>
    runAs(c, (db, user_id) =>
      addToCart(db, user_id, { product_id: Number(c.req.query('product')), quantity: 1 }),
    ),
  )
  .get('/order/:id', (c) =>
    runAs(c, (db, user_id, now) =>
      placeOrder(db, {
        ...settingsOf(c.env),
        user_id,
        due_by: null,
        limits: settingsOf(c.env).open_orders,
        now,
      }),
    ),
  )
  .get('/refresh/:id', (c) =>
    run(c, (db, id) => {
      const issued = { token_type: 'refresh', iss: 'kiosk', iat: 0, exp: 0 } as const
      const claims = { ...issued, sid: id, user_id: id, jti: `refresh-${id}-0` }
      return refreshSession(db, claims, Date.now(), () => {})
    }),
  )

async function run(c: Context<Env>, query: (db: Db, id: number) => Promise<unknown>): Promise<Response> {
  await query(new Db(c.env.DB), Number(c.req.param('id')))
  return c.json({ ok: true })
}

async function runAs(
  c: Context<Env>,
  query: (db: Db, user_id: number, now: number) => Promise<unknown>,
): Promise<Response> {
  return run(c, (db, id) => {
    const now = Date.now()
    db.guard(activeSession({ session_id: id, user_id: id, staff: false, now }))
    return query(db, id, now)
  })
}
