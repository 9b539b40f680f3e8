import { sql } from 'kysely'
import type { Db } from '../db/client.ts'
import type { RevokedSession } from './revoked-sessions.ts'
import { sessionEnded } from './session-guard.ts'
import { isActive } from './sessions.ts'
import { type Claims, counterOf, REPEAT_MILLISECONDS, type TokenSource } from './tokens.ts'

/**
 * Increments the session's counter from this token's value in one conditional write: of any number of
 * simultaneous refreshes, one rotates. The same token within 10 s gets the tokens of that rotation again. A
 * later repeat, or any older token, counts as reuse: the whole session is revoked (RFC 9700, section 4.14.2)
 * and `onReuse` is called.
 */
export async function refreshSession(
  db: Db,
  claims: Claims<'refresh'>,
  now: number,
  onReuse: (session: RevokedSession) => void,
): Promise<TokenSource> {
  const session = await db.first(rotate(claims, now))
  if (session?.revoked_at) onReuse(session)
  if (!session || session.revoked_at) throw sessionEnded()
  return session
}

function rotate(claims: Claims<'refresh'>, now: number) {
  const counter = counterOf(claims)
  const isNewest = sql`counter = ${counter}`
  const isRepeat = sql`counter = ${counter + 1} AND refreshed_at > ${now - REPEAT_MILLISECONDS}`
  return sql<TokenSource & { revoked_at: number | null }>`
    UPDATE sessions SET
      counter = iif(${isNewest}, counter + 1, counter),
      refreshed_at = iif(${isNewest}, ${now}, refreshed_at),
      is_staff = iif(${isNewest}, (SELECT users.is_staff FROM users WHERE users.id = sessions.user_id), is_staff),
      revoked_at = iif((${isNewest}) OR (${isRepeat}), NULL, ${now})
    WHERE id = ${claims.sid} AND user_id = ${claims.user_id} AND ${isActive(now)}
    RETURNING id, user_id, counter, is_staff, refreshed_at, ends_at, revoked_at`
}
