import { weaknesses } from '../auth/password-rules.ts'
import { endedColumns } from '../auth/logins.ts'
import { checkPassword, hashPassword } from '../auth/passwords.ts'
import type { EndedLogin } from '../auth/revoked-logins.ts'
import type { Claims } from '../auth/tokens.ts'
import type { Db } from '../db/client.ts'
import { refuseWhen } from '../db/refusal.ts'
import { AppError, InvalidRequest } from '../errors.ts'
import { sql } from 'kysely'

/**
 * Replaces the password and ends every other login of the account. Two trips, because the hash sits
 * between: `wrong_password` also when another change was quicker.
 */
export async function changePassword(
  db: Db,
  customer: Claims<'access'>,
  { current_password, new_password }: { current_password: string; new_password: string },
  now: number,
): Promise<EndedLogin[]> {
  const user = await db
    .selectFrom('users')
    .where('id', '=', customer.user_id)
    .select(['email', 'name', 'password_hash', 'password_version'])
    .executeTakeFirstOrThrow()
  const found = weaknesses(new_password, user)
  if (found.length > 0) throw new InvalidRequest({ new_password: found })
  const { matches } = await checkPassword(current_password, user.password_hash)
  if (!matches) throw new AppError('wrong_password', WRONG, { errors: { current_password: [WRONG] } })

  const password_hash = await hashPassword(new_password)
  const isStill = db
    .selectFrom('users')
    .where('id', '=', customer.user_id)
    .where('password_version', '=', user.password_version)
    .select('id')
  const [, , ended] = await db.batch([
    refuseWhen(
      db,
      sql`NOT EXISTS ${isStill}`,
      'wrong_password',
      WRONG,
      sql`json_object('errors', json_object('current_password', json_array(${WRONG})))`,
    ),
    db
      .updateTable('users')
      .set({ password_hash, password_version: user.password_version + 1 })
      .where('id', '=', customer.user_id),
    db
      .updateTable('logins')
      .set({ revoked_at: now })
      .where('user_id', '=', customer.user_id)
      .where('id', '<>', customer.sid)
      .where('revoked_at', 'is', null)
      .returning(endedColumns),
  ])
  return ended
}

const WRONG = 'This is not the current password.'
