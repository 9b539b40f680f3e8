import { sql } from 'kysely'
import { EMAIL_TAKEN } from '../accounts/register.ts'
import { attachGuestOrders } from '../auth/attach-guest-orders.ts'
import type { RevokedSession } from '../auth/revoked-sessions.ts'
import { revokeOtherSessions } from '../auth/sessions.ts'
import { build } from '../db/build.ts'
import type { Db, Query } from '../db/client.ts'
import { violates } from '../db/refusal.ts'
import { AppError } from '../errors.ts'
import { hashOf } from '../mail/token.ts'
import { invalidToken, LIFE_MILLISECONDS, refuseUnlessValid, selectToken } from './one-time-token.ts'

interface Confirmation {
  token: string
  /**
   * The account that is logged in: the owner of an address must not confirm it for a stranger who has registered with
   * it. Undefined to undo a change, which needs no session.
   */
  caller: number | undefined
  now: number
}

/**
 * Gives an account the address that the token was sent to, records that it is confirmed, and moves guests' orders with
 * this address to the account. If it had another, the mailer sends a restore token there. That one undoes the change; as
 * somebody else knew the password, it ends all sessions and the password, and the owner sets a new one by mail. Throws
 * `invalid_request` or `email_taken`.
 */
export async function confirmEmail(db: Db, { token, caller, now }: Confirmation): Promise<RevokedSession[]> {
  const isRestoring = caller === undefined
  const purpose = isRestoring ? 'restore_email' : 'confirm_email'
  const found = await db.first(selectToken(token, purpose, now))
  if (!found || (!isRestoring && found.user_id !== caller)) throw invalidToken()
  const { user_id, email, email_key } = found
  const account = build.updateTable('users').where('id', '=', user_id)
  const statements: Query[] = [
    refuseUnlessValid(token, purpose, now),
    ...(isRestoring
      ? []
      : [
          insertRestoring({ user_id, email_key, now }),
          forgetNetworks(user_id, email_key),
          attachGuestOrders(user_id), // those of the former address
        ]),
    account.set({ email, email_key, email_confirmed_at: now }),
    isRestoring
      ? deleteRestoring(user_id, token)
      : build.deleteFrom('one_time_tokens').where('hash', '=', hashOf(token)),
    attachGuestOrders(user_id),
    ...(isRestoring
      ? [
          account.set({ password_hash: null, password_version: sql`password_version + 1` }),
          build.deleteFrom('known_networks').where('user_id', '=', user_id),
          revokeOtherSessions(user_id, 0, now),
        ]
      : []),
  ]
  try {
    const results = await db.batch(statements)
    return isRestoring ? (results.at(-1) as RevokedSession[]) : []
  } catch (error) {
    if (violates(error, 'users.email_key')) throw new AppError(...EMAIL_TAKEN)
    throw error
  }
}

/**
 * Deletes this restore token and later ones: they belong to addresses that the account had in between. Earlier ones
 * stay.
 */
function deleteRestoring(user_id: number, token: string) {
  return sql<never>`
    DELETE FROM one_time_tokens WHERE user_id = ${user_id} AND purpose = 'restore_email'
      AND expires_at >= (SELECT expires_at FROM one_time_tokens WHERE hash = ${hashOf(token)})`
}

/**
 * A placeholder for the restore token of the address that the account still has, if it gets another. No token has its
 * hash: the mailer adds one for each attempt to send the mail.
 */
function insertRestoring({ user_id, email_key, now }: { user_id: number; email_key: string; now: number }) {
  return sql<never>`
    INSERT INTO one_time_tokens (hash, purpose, user_id, email, email_key, expires_at, mail_at)
    SELECT hex(randomblob(32)), 'restore_email', id, email, email_key, ${now + LIFE_MILLISECONDS.restore_email}, ${now}
    FROM users WHERE id = ${user_id} AND email_key <> ${email_key}`
}

/** Deletes the networks of an account that gets another address: their hashes include the one that it still has. */
function forgetNetworks(user_id: number, email_key: string) {
  return sql<never>`
    DELETE FROM known_networks
    WHERE user_id = (SELECT id FROM users WHERE id = ${user_id} AND email_key <> ${email_key})`
}
