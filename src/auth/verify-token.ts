import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { isActive } from './sessions.ts'
import { type Claims, counterOf, REPEAT_MILLISECONDS } from './tokens.ts'

/**
 * Throws `token_revoked` unless the refresh token is the newest of an active session, or was replaced less than
 * 10 s ago. Changes nothing.
 */
export async function requireNewest(db: Db, claims: Claims<'refresh'>, now: number): Promise<void> {
  const counter = counterOf(claims)
  const session = await db.first(
    build
      .selectFrom('sessions')
      .where('id', '=', claims.sid)
      .where('user_id', '=', claims.user_id)
      .where(isActive(now))
      .select(['counter', 'refreshed_at']),
  )
  const isNewest = session?.counter === counter
  const isRepeat = session?.counter === counter + 1 && session.refreshed_at > now - REPEAT_MILLISECONDS
  if (!isNewest && !isRepeat)
    throw new AppError('token_revoked', 'This token has been replaced or its session has ended.')
}
