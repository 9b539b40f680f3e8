import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { requireStaff } from '../auth/require.ts'
import type { AppEnv } from '../http/app-env.ts'
import { PageQuery } from '../http/page-query.ts'
import { Pager } from '../http/pagination.ts'
import { validate } from '../http/validate.ts'
import type { AuditLogEntry } from './openapi.ts'
import { insertEntryIfChanged, listEntries } from './queries.ts'

export const auditLogRoutes = new Hono<AppEnv>()
  .use(requireStaff)
  .get('/', validate('query', PageQuery), async (c) => {
    const pager = new Pager(c, c.req.valid('query'))
    const entries = await listEntries(c.var.db, pager.request)
    return c.json(pager.keyed(entries, ({ id }) => [id, id], toEntry))
  })

/**
 * Adds an entry to every batch in which staff change something, so that routes need no code for it. A request that
 * changes nothing adds none.
 */
export const recordInAuditLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  c.var.db.guard(async ({ writes }) => {
    if (!writes) return {}
    const { method, path } = c.req
    const { caller, now } = c.var
    const body = await changeOf(c)
    return { after: [insertEntryIfChanged({ actor_id: caller.user_id, method, path, body, at: now })] }
  })
  await next()
}

/** The body without fields, at its top level, that the route does not know. */
async function changeOf(c: Context<AppEnv>): Promise<string | null> {
  const valid = c.req.valid('json' as never) as object | undefined
  if (valid === undefined) return null
  const sent = await c.req.json<Record<string, unknown>>()
  return JSON.stringify(
    Object.fromEntries(Object.entries(sent).filter(([name]) => Object.hasOwn(valid, name))),
  )
}

interface EntryRow extends Omit<AuditLogEntry, 'actor' | 'at'> {
  email: string | null
  at: number
}

function toEntry({ id, email, method, path, body, at }: EntryRow): AuditLogEntry {
  return { id, actor: email, method, path, body, at: new Date(at).toISOString() }
}
