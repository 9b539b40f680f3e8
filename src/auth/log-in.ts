import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { toKey } from '../text.ts'
import { endOldestLogins, insertLogin } from './logins.ts'
import { checkPassword, hashPassword } from './passwords.ts'
import type { EndedLogin } from './revoked-logins.ts'
import type { TokenSource } from './tokens.ts'

/**
 * Begins a login. Two trips, because the hash sits between; an unknown e-mail and a wrong password
 * take the same work and get the same `invalid_credentials`. A hash made with older parameters is
 * replaced on the way. Also tells which older logins ended to make room.
 */
export async function logIn(
  db: Db,
  { email, password, user_agent, now }: { email: string; password: string; user_agent: string; now: number },
): Promise<{ login: TokenSource; ended: EndedLogin[] }> {
  const user = await db
    .selectFrom('users')
    .where('email_key', '=', toKey(email.trim()))
    .select(['id', 'password_hash', 'password_version'])
    .executeTakeFirst()
  const { matches, outdated } = await checkPassword(password, user?.password_hash)
  if (!user || !matches) throw new AppError('invalid_credentials', NO_ACCOUNT)

  const [[login], ended] = await db.batch([
    insertLogin(db, { user_id: user.id, password_version: user.password_version, user_agent, now }),
    endOldestLogins(db, user.id, now),
    ...(outdated ? [replaceHash(db, user, await hashPassword(password))] : []),
  ])
  // The password was changed while this one was being verified.
  if (!login) throw new AppError('invalid_credentials', NO_ACCOUNT)
  return { login, ended }
}

const NO_ACCOUNT = 'No active account found with the given credentials.'

/** The same password, hashed anew: its version stays. */
function replaceHash(db: Db, user: { id: number; password_version: number }, password_hash: string) {
  return db
    .updateTable('users')
    .set({ password_hash })
    .where('id', '=', user.id)
    .where('password_version', '=', user.password_version)
}
