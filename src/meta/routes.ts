import { Hono } from 'hono'
import { sql } from 'kysely'
import type { AppEnv } from '../http/app-env.ts'
import { AppError } from '../errors.ts'
import { currencyOf, settingsOf } from '../settings.ts'
import { publicUrl } from '../http/public-url.ts'

export const metaRoutes = new Hono<AppEnv>()
  .get('/', (c) => {
    const url = publicUrl(c)
    const at = (path: string) => new URL(path, url).href
    return c.json({
      currency: currencyOf(c.env),
      products: at('/api/products/'),
      categories: at('/api/categories/'),
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
    settingsOf(c.env) // fails on an invalid setting, before a customer's order does
    try {
      await c.var.db.all(sql`SELECT 1`)
    } catch (error) {
      console.error(c.var.requestId, error)
      throw new AppError('temporarily_unavailable', 'The shop cannot reach its database.')
    }
    return c.json({ status: 'ok' })
  })
