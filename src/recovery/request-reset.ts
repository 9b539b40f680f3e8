import { sql } from 'kysely'
import type { Db } from '../db/client.ts'
import { emailKey } from '../email.ts'
import { hasEnough, LIFE_MILLISECONDS } from './one-time-token.ts'

/**
 * Stores a token for the account of this e-mail and returns the address that it goes to; undefined if there is no such
 * account, or it has had enough mails. One statement, the same one in each case.
 */
export async function requestReset(
  db: Db,
  { email, hash, now }: { email: string; hash: string; now: number },
): Promise<string | undefined> {
  const stored = await db.first(sql<{ email: string }>`
    INSERT INTO one_time_tokens (hash, purpose, user_id, email, email_key, expires_at)
    SELECT ${hash}, 'reset_password', id, email, email_key, ${now + LIFE_MILLISECONDS.reset_password}
    FROM users WHERE email_key = ${emailKey(email)} AND NOT ${hasEnough('reset_password', now)}
    RETURNING email`)
  return stored?.email
}
