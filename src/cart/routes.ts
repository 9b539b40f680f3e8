import { type Context, Hono } from 'hono'
import { sql } from 'kysely'
import { requireCustomer } from '../auth/require.ts'
import type { AppEnv } from '../http/app-env.ts'
import { AppError } from '../errors.ts'
import { IdParam } from '../http/fields.ts'
import { idempotent } from '../http/idempotency.ts'
import { bySession, limit } from '../http/rate-limit.ts'
import { validate } from '../http/validate.ts'
import { toCart } from './cart.ts'
import { pricingOf } from '../settings.ts'
import { addToCart, changeLine, statusOfAdding } from './change-cart.ts'
import { confirmChanges } from './confirm-changes.ts'
import type { Cart } from './openapi.ts'
import { deleteLine, deleteLines, selectCart } from './queries.ts'
import { AddToCartBody, ChangeLineBody, SeenChangesBody } from './schema.ts'

const addedOnce = idempotent({
  route: 'add-to-cart',
  resource: (c) => sql`${c.var.caller.user_id}`,
  status: (c) => statusOfAdding(c.var.caller.user_id, c.req.valid('json' as never)),
  replay: async (c) => c.json(await cartOf(c)),
})

const limitChanges = limit({ LIMIT_CART: bySession })

export const cartRoutes = new Hono<AppEnv>()
  .use(requireCustomer)
  .get('/', async (c) => c.json(await cartOf(c)))
  .post('/', limitChanges, validate('json', AddToCartBody), addedOnce, async (c) => {
    const { cart, is_new } = await addToCart(c.var.db, c.var.caller.user_id, c.req.valid('json'))
    return c.json(toCart(cart, pricingOf(c.env)), is_new ? 201 : 200)
  })
  .post('/seen', limitChanges, validate('json', SeenChangesBody), async (c) => {
    const { db, caller } = c.var
    return c.json(
      toCart(await confirmChanges(db, caller.user_id, c.req.valid('json').changes), pricingOf(c.env)),
    )
  })
  .delete('/', limitChanges, async (c) => {
    const { db, caller } = c.var
    await db.batch([deleteLines(caller.user_id)])
    return c.body(null, 204)
  })
  .patch('/:id', limitChanges, validate('param', IdParam), validate('json', ChangeLineBody), async (c) => {
    const { id } = c.req.valid('param')
    const { db, caller } = c.var
    return c.json(
      toCart(await changeLine(db, caller.user_id, id, c.req.valid('json').quantity), pricingOf(c.env)),
    )
  })
  .delete('/:id', limitChanges, validate('param', IdParam), async (c) => {
    const { db, caller } = c.var
    const [[deleted]] = await db.batch([deleteLine(caller.user_id, c.req.valid('param').id)])
    if (!deleted) throw new AppError('not_found', 'No such line in your cart.')
    return c.json({ detail: 'Item removed from cart successfully.' })
  })

async function cartOf(c: Context<AppEnv>): Promise<Cart> {
  const { db, caller } = c.var
  return toCart(await db.batch(selectCart(caller.user_id)), pricingOf(c.env))
}
