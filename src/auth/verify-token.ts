import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { isLive } from './logins.ts'
import { type Claims, counterOf, REPEAT_MILLISECONDS } from './tokens.ts'

/** Refuses a refresh token that is not its live login's newest, or the one before within its 10 s. Changes nothing. */
export async function requireNewest(db: Db, claims: Claims<'refresh'>, now: number): Promise<void> {
  const counter = counterOf(claims)
  const login = await db
    .selectFrom('logins')
    .where('id', '=', claims.sid)
    .where('user_id', '=', claims.user_id)
    .where(isLive(now))
    .select(['counter', 'refreshed_at'])
    .executeTakeFirst()
  const isNewest = login?.counter === counter
  const isRepeat = login?.counter === counter + 1 && login.refreshed_at > now - REPEAT_MILLISECONDS
  if (!isNewest && !isRepeat)
    throw new AppError('token_revoked', 'This token has been replaced or its login has ended.')
}
