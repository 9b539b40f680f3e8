import { Hono } from 'hono'
import { sql } from 'kysely'
import { requireStaff } from '../auth/require.ts'
import type { AppEnv } from '../http/app-env.ts'
import { publicUrl } from '../http/public-url.ts'
import { validate } from '../http/validate.ts'
import { settingsOf } from '../settings.ts'
import type { CheckName } from './check-names.ts'
import { nextPiece, type Piece, pieceSql } from './checks.ts'
import type { IntegrityResult } from './openapi.ts'
import { IntegrityQuery } from './schema.ts'

export const integrityRoutes = new Hono<AppEnv>()
  .use(requireStaff)
  .get('/', validate('query', IntegrityQuery), async (c) => {
    const { db, now } = c.var
    const { check, cursor } = c.req.valid('query')
    const { retain_audit_days } = settingsOf(c.env)
    const piece = await db.first(sql.raw<Piece>(pieceSql(check, cursor, { now, retain_audit_days })))
    return c.json(toResult(check, piece!, publicUrl(c)))
  })

function toResult(check: CheckName, piece: Piece, url: URL): IntegrityResult {
  const following = nextPiece(check, piece)
  if (following)
    url.search = new URLSearchParams({ check: following.check, cursor: String(following.after) }).toString()
  return {
    check,
    checked: piece.checked,
    violations: piece.violations,
    backlog: piece.backlog,
    first_ids: JSON.parse(piece.first_ids) as number[],
    next: following ? url.href : null,
  }
}
