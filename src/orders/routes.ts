import { type Context, Hono } from 'hono'
import type * as z from 'zod'
import { requireCustomer } from '../auth/require.ts'
import type { AppEnv } from '../env.ts'
import { AppError } from '../errors.ts'
import { IdParam } from '../http/fields.ts'
import { idempotentRequest } from '../http/idempotency.ts'
import { Pager } from '../http/pagination.ts'
import { validate } from '../http/validate.ts'
import { moveOrder } from './move-order.ts'
import { toOrder } from './order.ts'
import { placeOrder } from './place-order.ts'
import { findOrderOf, listOrdersOf } from './queries.ts'
import { ListOrdersQuery, PlaceOrderBody } from './schema.ts'

const placeOrderBody = validate('json', PlaceOrderBody, { optional: true })

export const orderRoutes = new Hono<AppEnv>()
  .use(requireCustomer)
  .get('/', validate('query', ListOrdersQuery), async (c) => {
    const pager = new Pager(c.req.url, c.req.valid('query'))
    const page = await listOrdersOf(c.var.db, c.var.customer.user_id, pager.position)
    return c.json(pager.keyed(page, ({ created_at, id }) => [created_at, id], toOrder))
  })
  .post('/', placeOrderBody, (c) => place(c, c.req.valid('json')))
  .post('/create', placeOrderBody, (c) => place(c, c.req.valid('json')))
  .get('/:id', validate('param', IdParam), async (c) => {
    const order = await findOrderOf(c.var.db, c.var.customer.user_id, c.req.valid('param').id)
    if (!order) throw new AppError('not_found', 'No such order.')
    return c.json(toOrder(order))
  })
  .post('/:id/cancel', validate('param', IdParam), async (c) => {
    const { db, now, customer } = c.var
    const { user_id } = customer
    const { id } = c.req.valid('param')
    const { order, moved } = await moveOrder(db, {
      id,
      owner_id: user_id,
      to: 'Cancelled',
      actor_id: user_id,
      now,
    })
    if (!moved) {
      throw new AppError('order_not_cancellable', 'This order can no longer be cancelled.', {
        order: toOrder(order),
      })
    }
    return c.json({ detail: 'Order has been successfully cancelled.', order: toOrder(order) })
  })

async function place(c: Context<AppEnv>, body: z.infer<typeof PlaceOrderBody>) {
  const { db, now, customer } = c.var
  const idempotency = await idempotentRequest(c)
  const { order, replayed } = await placeOrder(db, { ...body, user_id: customer.user_id, idempotency, now })
  return c.json(toOrder(order), 201, {
    Location: `/api/orders/${order.id}/`,
    ...(replayed ? { 'Idempotent-Replayed': 'true' } : {}),
  })
}
