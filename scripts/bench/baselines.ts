import { DurableObject } from 'cloudflare:workers'
import { Hono } from 'hono'

/** The least that a route costs on this stack, without and with one round trip to D1. Never deployed. */
export default new Hono<{ Bindings: { DB: D1Database } }>()
  .get('/bare', (c) => c.json({ ok: true }))
  .get('/select-1', async (c) => c.json(await c.env.DB.prepare('select 1').first()))

/** The bindings of wrangler.toml name these classes. */
export class OrderStream extends DurableObject {}
export class Mailer extends DurableObject {}
export class Webhook extends DurableObject {}
