import { build } from '../db/build.ts'
import { hashPassword } from '../auth/passwords.ts'
import type { Db } from '../db/client.ts'
import { violates } from '../db/refusal.ts'
import { emailKey } from '../email.ts'
import { AppError } from '../errors.ts'
import { profile } from './queries.ts'
import type { Recipient } from './schema.ts'

export interface NewAccount extends Recipient {
  email: string
  password: string
}

/** Creates a customer. Throws `email_taken` if an account has this e-mail, in whatever case or form of its domain. */
export async function register(db: Db, { email, password, ...recipient }: NewAccount, now: number) {
  const password_hash = await hashPassword(password)
  try {
    const [[account]] = await db.batch([
      build
        .insertInto('users')
        .values({ ...recipient, email, email_key: emailKey(email), password_hash, created_at: now })
        .returning(profile),
    ])
    return account!
  } catch (error) {
    if (violates(error, 'users.email_key'))
      throw new AppError('email_taken', 'An account with this e-mail already exists.')
    throw error
  }
}
