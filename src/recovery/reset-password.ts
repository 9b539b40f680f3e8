import { sql } from 'kysely'
import { attachGuestOrders } from '../auth/attach-guest-orders.ts'
import { weaknesses } from '../auth/password-rules.ts'
import { hashPassword } from '../auth/passwords.ts'
import type { RevokedSession } from '../auth/revoked-sessions.ts'
import { revokeOtherSessions } from '../auth/sessions.ts'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { InvalidRequest } from '../errors.ts'
import { invalidToken, refuseUnlessValid, selectToken } from './one-time-token.ts'

const PURPOSE = 'reset_password'

interface NewPassword {
  token: string
  new_password: string
  /** Whether it is too common. */
  is_common: boolean
}

/**
 * Replaces the password of the account that the token was made for, confirms its address, and revokes all its sessions.
 * The token is used up, and the account's others end, except those that undo a change of e-mail; a password that is
 * refused ends none. Takes two round trips,
 * because the password is hashed between them. Throws `invalid_request`.
 */
export async function resetPassword(
  db: Db,
  { token, new_password, is_common }: NewPassword,
  now: number,
): Promise<{ email: string; revoked: RevokedSession[] }> {
  const owner = await db.first(sql<{ user_id: number; email: string; name: string }>`
    SELECT user_id, users.email, name FROM (${selectToken(token, PURPOSE, now)}) JOIN users ON users.id = user_id`)
  const weak = weaknesses(new_password, owner ?? { email: '', name: '' }, is_common)
  const refused = weak.length > 0 ? { new_password: weak } : {}
  if (!owner) throw invalidToken(refused)
  if (weak.length > 0) throw new InvalidRequest(refused)

  const password_hash = await hashPassword(new_password)
  const { user_id, email } = owner
  const [, , , , revoked] = await db.batch([
    refuseUnlessValid(token, PURPOSE, now),
    // The trigger one_time_tokens_end deletes the token.
    build
      .updateTable('users')
      .set({ password_hash, password_version: sql`password_version + 1`, email_confirmed_at: now })
      .where('id', '=', user_id),
    attachGuestOrders(user_id),
    build.deleteFrom('known_networks').where('user_id', '=', user_id),
    revokeOtherSessions(user_id, 0, now),
  ])
  return { email, revoked }
}
