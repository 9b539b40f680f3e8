import { type Context, Hono } from 'hono'
import { sql } from 'kysely'
import type * as z from 'zod'
import { requireCustomer } from '../auth/require.ts'
import type { AppEnv } from '../http/app-env.ts'
import { AppError } from '../errors.ts'
import { IdParam } from '../http/fields.ts'
import { idempotent } from '../http/idempotency.ts'
import { Pager } from '../http/pagination.ts'
import { bySession, limit } from '../http/rate-limit.ts'
import { validate } from '../http/validate.ts'
import { listeningAmong } from '../events/listening.ts'
import { wake } from '../events/wake.ts'
import { settingsOf } from '../settings.ts'
import { changeOrder } from './change-order.ts'
import { cancelOrder } from './move-order.ts'
import { toOrder } from './order.ts'
import { placeOrder } from './place-order.ts'
import { findOrderOf, listOrdersOf, newestOrder, NO_SUCH_ORDER, type OrderRow } from './queries.ts'
import { ListOrdersQuery, PlaceOrderBody } from './schema.ts'

const placeOrderBody = validate('json', PlaceOrderBody, { optional: true })

const placedOnce = idempotent({
  route: 'place-order',
  resource: () => newestOrder,
  replay: async (c, id) => placed(c, await getOrder(c, id)),
})

const cancelledOnce = idempotent({
  route: (c) => `cancel-order ${c.req.param('id')}`,
  resource: (c) => sql`${Number(c.req.param('id'))}`,
  status: () => 200,
  replay: async (c, id) => cancelled(c, await getOrder(c, id)),
})

const limitOrders = limit({ LIMIT_ORDER: bySession })

export const orderRoutes = new Hono<AppEnv>()
  .use(requireCustomer)
  .get('/', validate('query', ListOrdersQuery), async (c) => {
    const pager = new Pager(c, c.req.valid('query'))
    const page = await listOrdersOf(c.var.db, c.var.caller.user_id, pager.request)
    return c.json(pager.keyed(page, ({ created_at, id }) => [created_at, id], toOrder))
  })
  .post('/', limitOrders, placeOrderBody, placedOnce, (c) => place(c, c.req.valid('json')))
  .post('/create', limitOrders, placeOrderBody, placedOnce, (c) => place(c, c.req.valid('json')))
  .get('/:id{[0-9]+}', validate('param', IdParam), async (c) =>
    c.json(toOrder(await getOrder(c, c.req.valid('param').id))),
  )
  .post('/:id{[0-9]+}/cancel', limitOrders, validate('param', IdParam), cancelledOnce, async (c) => {
    const { db, now, caller } = c.var
    const { id } = c.req.valid('param')
    const order = await changeOrder(c, id, () => cancelOrder(db, { id, user_id: caller.user_id, now }))
    return cancelled(c, order)
  })

async function place(c: Context<AppEnv>, body: z.infer<typeof PlaceOrderBody>): Promise<Response> {
  const { db, now, caller } = c.var
  const { currency, tax_rate, require_address, payments, open_orders } = settingsOf(c.env)
  const order = await placeOrder(db, {
    ...body,
    user_id: caller.user_id,
    currency,
    tax_rate,
    require_address,
    due_by: payments?.accepts_new_payments ? now + payments.pay_within_minutes * 60_000 : null,
    limits: open_orders,
    now,
  })
  wake(c, ...listeningAmong([order, 'staff'], order.listening))
  return placed(c, order)
}

async function getOrder(c: Context<AppEnv>, id: number): Promise<OrderRow> {
  const order = await findOrderOf(c.var.db, c.var.caller.user_id, id)
  if (!order) throw new AppError('not_found', NO_SUCH_ORDER)
  return order
}

function placed(c: Context<AppEnv>, order: OrderRow): Response {
  return c.json(toOrder(order), 201, { Location: `/api/orders/${order.id}/` })
}

function cancelled(c: Context<AppEnv>, order: OrderRow): Response {
  return c.json({ detail: 'Order has been successfully cancelled.', order: toOrder(order) })
}
