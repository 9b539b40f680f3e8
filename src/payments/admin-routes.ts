import { Hono } from 'hono'
import { requireStaff } from '../auth/require.ts'
import { AppError } from '../errors.ts'
import { wake } from '../events/wake.ts'
import type { AppEnv } from '../http/app-env.ts'
import { IdParam } from '../http/fields.ts'
import { idempotent } from '../http/idempotency.ts'
import { PageQuery } from '../http/page-query.ts'
import { Pager } from '../http/pagination.ts'
import { validate } from '../http/validate.ts'
import { listLedger, toEntry, toRefund } from './ledger.ts'
import { newestRefund, requestRefund, selectRefund } from './request-refund.ts'
import { onlyWithPayments } from './routes.ts'
import { RefundBody } from './schema.ts'

const refundedOnce = idempotent({
  route: (c) => `refund-order ${c.req.param('id')}`,
  resource: () => newestRefund,
  status: () => 202,
  replay: async (c, id) => {
    const refund = await c.var.db.first(selectRefund(id))
    if (!refund) throw new AppError('not_found', 'No such refund.')
    return c.json(toRefund(refund), 202)
  },
})

export const adminPaymentRoutes = new Hono<AppEnv>()
  .post(
    '/:id/refunds',
    onlyWithPayments,
    requireStaff,
    validate('param', IdParam),
    validate('json', RefundBody),
    refundedOnce,
    async (c) => {
      const { db, now, caller, payments } = c.var
      const order_id = c.req.valid('param').id
      const { refund, user_id } = await requestRefund(db, {
        ...c.req.valid('json'),
        order_id,
        actor_id: caller.user_id,
        now,
      })
      wake(c, { user_id }, 'staff')
      payments!.returnMoney()
      return c.json(toRefund(refund), 202)
    },
  )
  .get('/:id/payments', requireStaff, validate('param', IdParam), validate('query', PageQuery), async (c) => {
    const pager = new Pager(c, c.req.valid('query'), { isCountExact: false })
    const entries = await listLedger(c.var.db, c.req.valid('param').id, pager.request)
    return c.json(pager.keyed(entries, ({ id }) => [id, id], toEntry))
  })
