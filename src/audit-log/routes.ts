import { Hono, type MiddlewareHandler } from 'hono'
import { requireStaff } from '../auth/require.ts'
import type { AppEnv } from '../http/app-env.ts'
import { PageQuery } from '../http/page-query.ts'
import { Pager } from '../http/pagination.ts'
import { validate } from '../http/validate.ts'
import type { AuditLogEntry } from './openapi.ts'
import { insertEntry, listEntries } from './queries.ts'

export const auditLogRoutes = new Hono<AppEnv>()
  .use(requireStaff)
  .get('/', validate('query', PageQuery), async (c) => {
    const pager = new Pager(c, c.req.valid('query'))
    const entries = await listEntries(c.var.db, pager.request)
    return c.json(pager.keyed(entries, ({ id }) => [id, id], toEntry))
  })

/** Whatever staff write leaves an entry, in the batch of what they write: no route has to do anything for it. */
export const recordInAuditLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { method, path } = c.req
  if (method !== 'GET' && method !== 'HEAD') {
    const body = new TextDecoder().decode(await c.req.arrayBuffer())
    c.var.db.guard(({ writes }) => {
      const { customer, now } = c.var
      return writes
        ? { before: [insertEntry({ actor_id: customer.user_id, method, path, body, at: now })] }
        : {}
    })
  }
  await next()
}

interface EntryRow extends Omit<AuditLogEntry, 'actor' | 'at'> {
  email: string | null
  at: number
}

function toEntry({ id, email, method, path, body, at }: EntryRow): AuditLogEntry {
  return { id, actor: email, method, path, body, at: new Date(at).toISOString() }
}
