import { DurableObject } from 'cloudflare:workers'
import { Hono } from 'hono'
import type { AppEnv } from '../../src/http/app-env.ts'
import { queries } from './queries.ts'
import { routesAlone } from './routes-alone.ts'

/** What a route costs at least on this stack: without D1, with a round trip of one statement or several, with KV. Never deployed. */
export default new Hono<AppEnv>({ strict: false })
  .get('/bare', (c) => c.json({ ok: true }))
  .get('/select-1', async (c) => c.json(await c.env.DB.prepare('select 1').first()))
  .get('/select-1/:times', async (c) => {
    const statement = c.env.DB.prepare('select 1')
    const results = await c.env.DB.batch(Array(Number(c.req.param('times'))).fill(statement))
    return c.json(results.length)
  })
  .get('/select-1-logged', async (c) => {
    const row = await c.env.DB.prepare('select 1').first()
    console.info(JSON.stringify({ method: c.req.method, route: c.req.path, status: 200 }))
    return c.json(row)
  })
  .get('/kv', async (c) => c.json(await c.env.REVOKED_SESSIONS.get('session:0')))
  .get('/update', async (c) => {
    await c.env.DB.prepare("UPDATE counters SET value = value WHERE name = 'orders'").run()
    return c.json({ ok: true })
  })
  .route('/queries', queries)
  .route('/api', routesAlone)

/** The bindings of wrangler.toml name these classes. */
export class OrderStream extends DurableObject {}
export class Mailer extends DurableObject {}
export class Webhook extends DurableObject {}
