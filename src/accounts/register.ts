import { sql } from 'kysely'
import { hashPassword } from '../auth/passwords.ts'
import { isActive } from '../auth/sessions.ts'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { refuseWhen, violates } from '../db/refusal.ts'
import { emailKey } from '../email.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/app-env.ts'
import { profile } from './queries.ts'
import type { Recipient } from './schema.ts'

export interface NewAccount extends Recipient {
  email: string
  password: string
}

export const EMAIL_TAKEN = ['email_taken', 'An account with this e-mail already exists.'] as const

/**
 * Creates a customer. A guest who sends their access token becomes this customer instead, and keeps cart, orders and
 * session; any other token is ignored. Throws `email_taken` if an account has this e-mail, in whatever case or form of
 * its domain, or had it until a change that can still be taken back.
 */
export async function register(
  db: Db,
  { email, password, ...recipient }: NewAccount,
  caller: Caller | undefined,
  now: number,
) {
  const password_hash = await hashPassword(password)
  const credentials = { ...recipient, email, email_key: emailKey(email), password_hash }
  try {
    const [, [account]] = await db.batch([
      refuseWhen(
        sql`EXISTS (
          SELECT 1 FROM one_time_tokens
          WHERE purpose = 'restore_email' AND email_key = ${credentials.email_key} AND expires_at > ${now})`,
        ...EMAIL_TAKEN,
      ),
      build
        .insertInto('users')
        .values({ ...credentials, created_at: now, ...(caller && { id: selectGuest(caller, now) }) })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(credentials))
        .returning(profile),
    ])
    return account!
  } catch (error) {
    if (violates(error, 'users.email_key')) throw new AppError(...EMAIL_TAKEN)
    throw error
  }
}

/** The id of the caller if they are a guest with an active session; else NULL, which makes SQLite take the next id. */
function selectGuest({ user_id, sid }: Caller, now: number) {
  return sql<number>`(
    SELECT users.id FROM users JOIN sessions ON user_id = users.id
    WHERE users.id = ${user_id} AND sessions.id = ${sid} AND email_key IS NULL AND ${isActive(now)})`
}
