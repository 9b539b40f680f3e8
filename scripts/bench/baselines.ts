import { DurableObject } from 'cloudflare:workers'
import { Hono } from 'hono'

/** The least that a route costs on this stack: without and with one round trip to D1, of one statement or of several. Never deployed. */
export default new Hono<{ Bindings: { DB: D1Database } }>()
  .get('/bare', (c) => c.json({ ok: true }))
  .get('/select-1', async (c) => c.json(await c.env.DB.prepare('select 1').first()))
  .get('/select-1/:times', async (c) => {
    const statement = c.env.DB.prepare('select 1')
    const results = await c.env.DB.batch(Array(Number(c.req.param('times'))).fill(statement))
    return c.json(results.length)
  })
  .get('/update', async (c) => {
    await c.env.DB.prepare("UPDATE counters SET value = value WHERE name = 'orders'").run()
    return c.json({ ok: true })
  })

/** The bindings of wrangler.toml name these classes. */
export class OrderStream extends DurableObject {}
export class Mailer extends DurableObject {}
export class Webhook extends DurableObject {}
