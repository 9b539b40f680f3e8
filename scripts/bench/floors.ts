import { DurableObject } from 'cloudflare:workers'
import { Hono } from 'hono'

/** What a route on this stack costs at least, without and with one trip to D1. A Worker of its own, never deployed. */
export default new Hono<{ Bindings: { DB: D1Database } }>()
  .get('/bare', (c) => c.json({ ok: true }))
  .get('/select-1', async (c) => c.json(await c.env.DB.prepare('select 1').first()))

/** It has the bindings of wrangler.toml, which name this class. */
export class OrderStream extends DurableObject {}
