import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { isCurrent } from './sessions.ts'
import type { Claims } from './tokens.ts'

/**
 * Throws `token_revoked` unless the refresh token is the newest of an active session, or was replaced less than
 * 10 s ago. Changes nothing.
 */
export async function requireNewest(db: Db, claims: Claims<'refresh'>, now: number): Promise<void> {
  const session = await db.first(build.selectFrom('sessions').where(isCurrent(claims, now)).select('id'))
  if (!session) throw new AppError('token_revoked', 'This token has been replaced or its session has ended.')
}
