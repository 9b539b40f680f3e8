import { Hono } from 'hono'
import { requireStaff } from '../auth/require.ts'
import type { AppEnv } from '../http/app-env.ts'
import { AppError } from '../errors.ts'
import { IdParam } from '../http/fields.ts'
import { PageQuery } from '../http/page-query.ts'
import { Pager } from '../http/pagination.ts'
import { validate } from '../http/validate.ts'
import { changeOrder } from './change-order.ts'
import { changeStatus } from './move-order.ts'
import { toEvent, toOrder } from './order.ts'
import { findOrder, isCountExact, listAllOrders, listEvents, NO_SUCH_ORDER } from './queries.ts'
import { ChangeStatusBody, ListAllOrdersQuery } from './schema.ts'

export const adminOrderRoutes = new Hono<AppEnv>()
  .use(requireStaff)
  .get('/', validate('query', ListAllOrdersQuery), async (c) => {
    const query = c.req.valid('query')
    const pager = new Pager(c, query, { isCountExact: isCountExact(query) })
    const page = await listAllOrders(c.var.db, query, pager.request)
    return c.json(pager.keyed(page, ({ created_at, id }) => [created_at, id], toOrder))
  })
  .get('/:id', validate('param', IdParam), async (c) => {
    const order = await findOrder(c.var.db, c.req.valid('param').id)
    if (!order) throw new AppError('not_found', NO_SUCH_ORDER)
    return c.json(toOrder(order))
  })
  .patch('/:id', validate('param', IdParam), validate('json', ChangeStatusBody), async (c) => {
    const { db, now, caller } = c.var
    const { id } = c.req.valid('param')
    const change = { id, to: c.req.valid('json').status, actor_id: caller.user_id, now }
    const order = await changeOrder(c, id, () => changeStatus(db, change))
    return c.json(toOrder(order))
  })
  .get('/:id/events', validate('param', IdParam), validate('query', PageQuery), async (c) => {
    const pager = new Pager(c, c.req.valid('query'), { isCountExact: false })
    const events = await listEvents(c.var.db, c.req.valid('param').id, pager.request)
    return c.json(pager.keyed(events, ({ id }) => [id, id], toEvent))
  })
