import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { requireCustomer } from '../auth/require.ts'
import { Db } from '../db/client.ts'
import { InvalidRequest } from '../errors.ts'
import { fieldError } from '../field-errors.ts'
import { wakeAll } from '../events/wake.ts'
import type { AppEnv } from '../http/app-env.ts'
import { allowedOrigins } from '../http/cross-origin.ts'
import { IdParam } from '../http/fields.ts'
import { onlyIf } from '../http/only-if.ts'
import { publicUrl } from '../http/public-url.ts'
import { bySession, limit } from '../http/rate-limit.ts'
import { validate } from '../http/validate.ts'
import { type PaymentSettings, paymentsOf } from '../settings.ts'
import { closeCheckout } from './close-checkout.ts'
import { openCheckout } from './open-checkout.ts'
import { returnMoney } from './return-money.ts'
import { OpenCheckoutBody } from './schema.ts'
import { stripeOf } from './stripe.ts'
import type { PaymentContext } from './payment-context.ts'

export const onlyWithPayments = onlyIf((env) => paymentsOf(env) !== undefined)

export const paymentRoutes = new Hono<AppEnv>().post(
  '/:id{[0-9]+}/payment',
  onlyWithPayments,
  requireCustomer,
  limit({ LIMIT_ORDER: bySession }),
  validate('param', IdParam),
  validate('json', OpenCheckoutBody, { optional: true }),
  async (c) => {
    const { id } = c.req.valid('param')
    const { success_url, cancel_url } = c.req.valid('json')
    requireAllowedOrigins(c, { success_url, cancel_url })
    const order = new URL(`/#/order/${id}`, publicUrl(c)).href
    const { url, expires_at } = await openCheckout(paymentContextOf(c), c.var.db, {
      order_id: id,
      user_id: c.var.caller.user_id,
      success_url: success_url ?? `${order}?payment=done`,
      cancel_url: cancel_url ?? `${order}?payment=left`,
      may_begin: paymentsOf(c.env)!.accepts_new_payments,
      newKey: () => crypto.randomUUID(),
    })
    return c.json({ url, expires_at: new Date(expires_at).toISOString() })
  },
)

/**
 * Sets `c.var.payments`, with which the routes of orders close pages and send money back; they must not import this
 * folder. Unset in a shop that takes no payments.
 */
export const ensurePayments: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (paymentsOf(c.env)) {
    const context = paymentContextOf(c)
    c.set('payments', {
      closeCheckout: (order_id) => closeCheckout(context, order_id),
      returnMoney: context.returnMoney,
    })
  }
  await next()
}

export function paymentContextOf(c: Context<AppEnv>): PaymentContext {
  const {
    env,
    var: { now, db },
  } = c
  const context: PaymentContext = {
    db: new Db(env.DB, db.usage),
    stripe: stripeOf(paymentsOf(env) as PaymentSettings),
    now,
    wake: (user_id) => c.executionCtx.waitUntil(wakeAll(env, ['staff', { user_id }])),
    returnMoney: () =>
      c.executionCtx.waitUntil(
        returnMoney(context).catch((error: unknown) =>
          console.error('Money was not sent back; the minute job does it', error),
        ),
      ),
  }
  return context
}

/** Stripe would send a customer anywhere. */
function requireAllowedOrigins(c: Context<AppEnv>, urls: Record<string, string | undefined>): void {
  const allowed = [publicUrl(c).origin, ...(allowedOrigins(c) ?? [])]
  for (const [field, url] of Object.entries(urls)) {
    if (url !== undefined && !allowed.includes(new URL(url).origin))
      throw new InvalidRequest({ [field]: [fieldError('not_allowed_origin', { allowed })] })
  }
}
