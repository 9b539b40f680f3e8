import { sql } from 'kysely'
import { weaknesses } from '../auth/password-rules.ts'
import { checkPassword, hashPassword } from '../auth/passwords.ts'
import type { RevokedSession } from '../auth/revoked-sessions.ts'
import { revokeOtherSessions } from '../auth/sessions.ts'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { refuseWhen } from '../db/refusal.ts'
import { InvalidRequest } from '../errors.ts'
import { fieldError } from '../field-errors.ts'
import type { Caller } from '../http/app-env.ts'

interface PasswordChange {
  current_password: string
  new_password: string
  /** Whether the new one is too common. */
  is_common: boolean
}

/**
 * Replaces the password and revokes every other session of the account. Takes two round trips, because the
 * passwords are hashed between them. Throws `wrong_password`, also when a simultaneous change came first.
 */
export async function changePassword(
  db: Db,
  caller: Caller,
  { current_password, new_password, is_common }: PasswordChange,
  now: number,
): Promise<RevokedSession[]> {
  const user = (await db.first(selectAccount(caller.user_id)))!
  const weak = weaknesses(new_password, user, is_common)
  const { matches } = await checkPassword(current_password, user.password_hash ?? undefined)
  if (weak.length > 0) throw new InvalidRequest({ ...(matches ? {} : WRONG), new_password: weak })
  if (!matches) throw wrongPassword()

  const password_hash = await hashPassword(new_password)
  const wrong = wrongPassword()
  const unchanged = build
    .selectFrom('users')
    .where('id', '=', caller.user_id)
    .where('password_version', '=', user.password_version)
    .select('id')
  const [, , revoked] = await db.batch([
    refuseWhen(sql`NOT EXISTS ${unchanged}`, wrong.code, wrong.message, sql`${JSON.stringify(wrong.extra)}`),
    build
      .updateTable('users')
      .set({ password_hash, password_version: user.password_version + 1 })
      .where('id', '=', caller.user_id),
    revokeOtherSessions(caller.user_id, caller.sid, now),
  ])
  return revoked
}

function selectAccount(user_id: number) {
  return build
    .selectFrom('users')
    .where('id', '=', user_id)
    .select(['email', 'name', 'password_hash', 'password_version'])
}

const WRONG = { current_password: [fieldError('wrong_password')] }

function wrongPassword(): InvalidRequest {
  return new InvalidRequest(WRONG, 'wrong_password')
}
