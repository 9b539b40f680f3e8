import { sql } from 'kysely'
import { checkPassword, wrongPassword } from '../auth/passwords.ts'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { refuseWhen } from '../db/refusal.ts'
import { emailKey } from '../email.ts'
import { hasEnough, LIFE_MILLISECONDS } from './one-time-token.ts'

interface EmailChange {
  user_id: number
  email: string
  password: string
  /** Of the token that goes to the new address. */
  hash: string
  now: number
}

/**
 * Stores the token by which a new address is confirmed; until then the account keeps its own. Whether another account
 * has the address matters only then. Takes two round trips, because the password is verified between them. Throws
 * `wrong_password` or `too_many_requests`.
 */
export async function requestEmailChange(
  db: Db,
  { user_id, email, password, hash, now }: EmailChange,
): Promise<void> {
  const user = await db.first(
    build.selectFrom('users').where('id', '=', user_id).select(['password_hash', 'password_version']),
  )
  const { matches } = await checkPassword(password, user!.password_hash ?? undefined)
  if (!matches) throw wrongPassword()
  const [, stored] = await db.batch([
    refuseWhen(
      sql`EXISTS (SELECT 1 FROM users WHERE id = ${user_id} AND ${hasEnough('confirm_email', now)})`,
      'too_many_requests',
      'Too many mails have been sent to confirm an address. Another one can be sent in an hour at the latest.',
    ),
    sql<{ user_id: number }>`
      INSERT INTO one_time_tokens (hash, purpose, user_id, email, email_key, expires_at)
      SELECT ${hash}, 'confirm_email', id, ${email}, ${emailKey(email)}, ${now + LIFE_MILLISECONDS.confirm_email}
      FROM users WHERE id = ${user_id} AND password_version = ${user!.password_version}
      RETURNING user_id`,
  ])
  // The password was changed while it was being verified.
  if (stored.length === 0) throw wrongPassword()
}
