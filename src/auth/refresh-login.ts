import { sql } from 'kysely'
import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { EndedLogin } from './revoked-logins.ts'
import { type Claims, counterOf, REPEAT_MILLISECONDS, type TokenSource } from './tokens.ts'

/**
 * Moves the login's counter on from this token's, in one conditional write: of any number of
 * simultaneous refreshes one rotates. The same token within 10 s finds the counter just moved and
 * gets what the rotation gave. Later, or any older token, is reuse: the whole login ends (RFC 9700,
 * section 4.14.2) and `onReuse` hears of it.
 */
export async function refreshLogin(
  db: Db,
  claims: Claims<'refresh'>,
  now: number,
  onReuse: (login: EndedLogin) => void,
): Promise<TokenSource> {
  const counter = counterOf(claims)
  const isNewest = sql`counter = ${counter}`
  const isRepeat = sql`counter = ${counter + 1} AND refreshed_at > ${now - REPEAT_MILLISECONDS}`
  const [[login]] = await db.batch([
    db
      .updateTable('logins')
      .set({
        counter: sql`iif(${isNewest}, counter + 1, counter)`,
        refreshed_at: sql`iif(${isNewest}, ${now}, refreshed_at)`,
        is_staff: sql`iif(${isNewest}, (SELECT users.is_staff FROM users WHERE users.id = logins.user_id), is_staff)`,
        revoked_at: sql`iif((${isNewest}) OR (${isRepeat}), NULL, ${now})`,
      })
      .where('id', '=', claims.sid)
      .where('user_id', '=', claims.user_id)
      .where('revoked_at', 'is', null)
      .where('ends_at', '>', now)
      .returning(['id', 'user_id', 'counter', 'is_staff', 'refreshed_at', 'ends_at', 'revoked_at']),
  ])
  if (login?.revoked_at) onReuse(login)
  if (!login || login.revoked_at)
    throw new AppError('token_revoked', 'This login has ended. Please log in again.')
  return login
}
