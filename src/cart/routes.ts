import { type Context, Hono } from 'hono'
import { sql } from 'kysely'
import { requireCustomer } from '../auth/require.ts'
import { type ProductRow, toProduct } from '../catalog/product.ts'
import type { AppEnv } from '../http/app-env.ts'
import { AppError } from '../errors.ts'
import { IdParam } from '../http/fields.ts'
import { idempotent } from '../http/idempotency.ts'
import { bySession, limit } from '../http/rate-limit.ts'
import { validate } from '../http/validate.ts'
import { toMoney } from '../money.ts'
import { currencyOf } from '../settings.ts'
import { addToCart, changeLine, statusOfAdding } from './change-cart.ts'
import type { Cart } from './openapi.ts'
import { deleteLine, deleteLines, selectLines, selectOwner } from './queries.ts'
import { AddToCartBody, ChangeLineBody } from './schema.ts'

const addedOnce = idempotent({
  route: 'add-to-cart',
  resource: (c) => sql`${c.var.customer.user_id}`,
  status: (c) => statusOfAdding(c.var.customer.user_id, c.req.valid('json' as never)),
  replay: async (c) => c.json(await cartOf(c)),
})

const limitChanges = limit({ LIMIT_CART: bySession })

export const cartRoutes = new Hono<AppEnv>()
  .use(requireCustomer)
  .get('/', async (c) => c.json(await cartOf(c)))
  .post('/', limitChanges, validate('json', AddToCartBody), addedOnce, async (c) => {
    const { owner, lines, is_new } = await addToCart(c.var.db, c.var.customer.user_id, c.req.valid('json'))
    return c.json(toCart(c, owner, lines), is_new ? 201 : 200)
  })
  .delete('/', limitChanges, async (c) => {
    const { db, customer } = c.var
    await db.batch([deleteLines(customer.user_id)])
    return c.body(null, 204)
  })
  .patch('/:id', limitChanges, validate('param', IdParam), validate('json', ChangeLineBody), async (c) => {
    const { id } = c.req.valid('param')
    const { owner, lines } = await changeLine(
      c.var.db,
      c.var.customer.user_id,
      id,
      c.req.valid('json').quantity,
    )
    return c.json(toCart(c, owner, lines))
  })
  .delete('/:id', limitChanges, validate('param', IdParam), async (c) => {
    const { db, customer } = c.var
    const [[deleted]] = await db.batch([deleteLine(customer.user_id, c.req.valid('param').id)])
    if (!deleted) throw new AppError('not_found', 'No such line in your cart.')
    return c.json({ detail: 'Item removed from cart successfully.' })
  })

async function cartOf(c: Context<AppEnv>): Promise<Cart> {
  const { db, customer } = c.var
  const [[owner], lines] = await db.batch([selectOwner(customer.user_id), selectLines(customer.user_id)])
  return toCart(c, owner!, lines)
}

interface Owner {
  id: number
  email: string
  created_at: number
}

type Line = ProductRow & { line_id: number; quantity: number }

function toCart({ env }: Context<AppEnv>, owner: Owner, lines: readonly Line[]): Cart {
  // Prices may have risen since: a hundred lines can exceed 2⁵³ cents, one line cannot.
  const total = lines.reduce((sum, line) => sum + BigInt(line.quantity * line.price_cents), 0n)
  return {
    id: owner.id,
    user: owner.email,
    items: lines.map(({ line_id, quantity, ...product }) => ({
      id: line_id,
      product: toProduct(product),
      quantity,
      total_price: toMoney(quantity * product.price_cents),
    })),
    grand_total: toMoney(total),
    currency: currencyOf(env),
    created_at: new Date(owner.created_at).toISOString(),
    message:
      lines.length === 0
        ? 'Your shopping cart is currently empty.'
        : `You have ${lines.length} item(s) in your cart.`,
  }
}
