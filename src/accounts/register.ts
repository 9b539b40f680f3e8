import { build } from '../db/build.ts'
import { hashPassword } from '../auth/passwords.ts'
import type { Db } from '../db/client.ts'
import { violates } from '../db/refusal.ts'
import { emailKey } from '../email.ts'
import { AppError } from '../errors.ts'

export interface NewAccount {
  email: string
  password: string
  name: string
  phone: string
  address: string | null
}

/** Creates a customer. Throws `email_taken` if an account has this e-mail, in whatever case or form of its domain. */
export async function register(db: Db, { email, password, name, phone, address }: NewAccount, now: number) {
  const password_hash = await hashPassword(password)
  try {
    const [[account]] = await db.batch([
      build
        .insertInto('users')
        .values({ email, email_key: emailKey(email), name, phone, address, password_hash, created_at: now })
        .returning(['id', 'email', 'name', 'address', 'phone']),
    ])
    return account!
  } catch (error) {
    if (violates(error, 'users.email_key'))
      throw new AppError('email_taken', 'An account with this e-mail already exists.')
    throw error
  }
}
