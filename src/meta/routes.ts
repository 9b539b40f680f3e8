import { Hono } from 'hono'
import { sql } from 'kysely'
import type { AppEnv } from '../http/app-env.ts'
import { AppError } from '../errors.ts'
import { currencyOf, mailOf, paymentsOf, settingsOf } from '../settings.ts'
import { publicUrl } from '../http/public-url.ts'
import type { Bindings } from '../env.ts'

export const metaRoutes = new Hono<AppEnv>()
  .get('/', (c) => {
    const url = publicUrl(c)
    const at = (path: string) => new URL(path, url).href
    return c.json({
      currency: currencyOf(c.env),
      payments: paymentMode(c.env),
      mail: mailOf(c.env) !== undefined,
      products: at('/api/products/'),
      categories: at('/api/categories/'),
      delivery_options: at('/api/delivery-options/'),
      register: at('/api/users/register/'),
      token: at('/api/token/'),
      profile: at('/api/users/profile/'),
      cart: at('/api/cart/'),
      orders: at('/api/orders/'),
      health: at('/api/health/'),
      openapi: at('/openapi.json'),
      docs: at('/docs'),
    })
  })
  .get('/health', async (c) => {
    const { payments } = settingsOf(c.env) // fails on an invalid setting, before a customer's order does
    if (payments?.api) requireLocal(c.req.url)
    try {
      await c.var.db.all(sql`SELECT 1`)
    } catch (error) {
      console.error(c.var.requestId, error)
      throw new AppError('temporarily_unavailable', 'The shop cannot reach its database.')
    }
    return c.json({ status: 'ok' })
  })

/** A public shop that trusted a fake Stripe would give its goods away. */
function requireLocal(url: string): void {
  const { hostname } = new URL(url)
  if (hostname !== '127.0.0.1' && hostname !== 'localhost')
    throw new Error(
      `STRIPE_API is for shops on one machine, and this one is reached as ${hostname}. Remove it.`,
    )
}

function paymentMode(env: Bindings): 'test' | 'live' | null {
  const payments = paymentsOf(env)
  if (!payments?.accepts_new_payments) return null
  return payments.secret_key.includes('_live_') ? 'live' : 'test'
}
