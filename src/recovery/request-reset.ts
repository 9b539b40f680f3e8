import { sql } from 'kysely'
import type { Db } from '../db/client.ts'
import { emailKey } from '../email.ts'
import { hasEnough, LIFE_MILLISECONDS } from './one-time-token.ts'

/**
 * Stores a token for the account of this e-mail and returns the address that it goes to; undefined if there is no such
 * account, or it has had enough mails. The same statements in each case, and always a write: else the bookmarks of other
 * requests, and the time, would tell.
 */
export async function requestReset(
  db: Db,
  { email, hash, now }: { email: string; hash: string; now: number },
): Promise<string | undefined> {
  const [[stored]] = await db.batch([
    sql<{ email: string }>`
      INSERT INTO one_time_tokens (hash, purpose, user_id, email, email_key, expires_at)
      SELECT ${hash}, 'reset_password', id, email, email_key, ${now + LIFE_MILLISECONDS.reset_password}
      FROM users WHERE email_key = ${emailKey(email)} AND NOT ${hasEnough('reset_password', now)}
      RETURNING email`,
    sql<never>`UPDATE counters SET value = value WHERE name = 'orders'`,
  ])
  return stored?.email
}
