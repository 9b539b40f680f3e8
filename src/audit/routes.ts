import { Hono } from 'hono'
import { sql } from 'kysely'
import { requireStaff } from '../auth/require.ts'
import type { AppEnv } from '../env.ts'
import { validate } from '../http/validate.ts'
import { type CheckName, nextPiece, type Piece, pieceSql } from './checks.ts'
import type { AuditPiece } from './docs.ts'
import { AuditQuery } from './schema.ts'

export const auditRoutes = new Hono<AppEnv>()
  .use(requireStaff)
  .get('/', validate('query', AuditQuery), async (c) => {
    const { db, now } = c.var
    const { check, cursor } = c.req.valid('query')
    const [[piece]] = await db.batch([sql.raw<Piece>(pieceSql(check, cursor, now)).compile(db)])
    return c.json(toAuditPiece(check, piece!, c.req.url))
  })

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
