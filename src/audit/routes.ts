import { Hono } from 'hono'
import { sql } from 'kysely'
import { requireStaff } from '../auth/require.ts'
import type { AppEnv } from '../env.ts'
import { PageQuery } from '../http/page-query.ts'
import { Pager } from '../http/pagination.ts'
import { validate } from '../http/validate.ts'
import { type CheckName, nextPiece, type Piece, pieceSql } from './checks.ts'
import type { AuditPiece, StaffAction } from './docs.ts'
import { listActions } from './list-actions.ts'
import { AuditQuery } from './schema.ts'

export const auditRoutes = new Hono<AppEnv>()
  .use(requireStaff)
  .get('/', validate('query', AuditQuery), async (c) => {
    const { db, now } = c.var
    const { check, cursor } = c.req.valid('query')
    const [[piece]] = await db.batch([sql.raw<Piece>(pieceSql(check, cursor, now)).compile(db)])
    return c.json(toAuditPiece(check, piece!, c.req.url))
  })

/** The trail that every writing request of staff leaves. */
export const actionRoutes = new Hono<AppEnv>()
  .use(requireStaff)
  .get('/', validate('query', PageQuery), async (c) => {
    const pager = new Pager(c.req.url, c.req.valid('query'))
    const actions = await listActions(c.var.db, pager.position)
    return c.json(pager.keyed(actions, ({ id }) => [id, id], toAction))
  })

function toAction({ id, email, method, path, body, at }: ActionRow): StaffAction {
  return { id, actor: email, method, path, body, at: new Date(at).toISOString() }
}

interface ActionRow extends Omit<StaffAction, 'actor' | 'at'> {
  email: string | null
  at: number
}

function toAuditPiece(check: CheckName, piece: Piece, url: string): AuditPiece {
  const following = nextPiece(check, piece)
  const next = following && new URL(url)
  if (following)
    next!.search = new URLSearchParams({ check: following.check, cursor: String(following.past) }).toString()
  return {
    check,
    checked: piece.checked,
    violations: piece.violations,
    first_ids: JSON.parse(piece.first_ids) as number[],
    next: next?.href ?? null,
  }
}
