import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { emailKey } from '../email.ts'
import { AppError } from '../errors.ts'
import { attachSettledGuestOrders } from './attach-guest-orders.ts'
import { rememberNetwork } from './known-network.ts'
import { type MergedLine, mergeCarts } from './merge-carts.ts'
import { checkPassword, hashPassword } from './passwords.ts'
import type { RevokedSession } from './revoked-sessions.ts'
import { insertSession, revokeOldestSessions } from './sessions.ts'
import type { Claims, TokenSource } from './tokens.ts'

interface Attempt {
  email: string
  password: string
  user_agent: string
  /** Hashes of the client's network (`hashesOfNetwork`). */
  networks: string[]
  /** Of the guest whose cart the account takes. */
  guest: Claims<'refresh'> | undefined
  now: number
}

/**
 * Starts a session. Takes two round trips, because the hash is verified between them. An unknown e-mail and a
 * wrong password cost the same work and throw the same `invalid_credentials`. A hash made with older parameters
 * is replaced. Also returns the oldest sessions, which were revoked to make room, and what came from the cart of the
 * guest. `requireWithinLimits` is called before the password is verified, unless the account logged in from this
 * network before: guesses from elsewhere lock nobody out.
 */
export async function logIn(
  db: Db,
  { email, password, user_agent, networks, guest, now }: Attempt,
  requireWithinLimits: () => Promise<void>,
): Promise<{ session: TokenSource; revoked: RevokedSession[]; merged: MergedLine[] }> {
  const user = await db.first(selectUser(email, networks))
  if (!user?.is_network_known) await requireWithinLimits()
  const { matches, outdated } = await checkPassword(password, user?.password_hash ?? undefined)
  if (!user || !matches) throw new AppError('invalid_credentials', NO_ACCOUNT)

  const verified = { user_id: user.id, password_version: user.password_version, now }
  const [network] = networks
  const merge = guest ? mergeCarts({ ...verified, guest }) : []
  const [[session], revoked, merged] = await db.batch([
    insertSession({ ...verified, user_agent }),
    revokeOldestSessions(user.id, now),
    ...merge,
    ...(network === undefined ? [] : rememberNetwork(verified, network)),
    ...(user.email_confirmed_at === null ? [] : [attachSettledGuestOrders(user.id)]),
    ...(outdated ? [replaceHash(user, await hashPassword(password))] : []),
  ])
  // The password was changed while it was being verified.
  if (!session) throw new AppError('invalid_credentials', NO_ACCOUNT)
  return { session, revoked, merged: guest ? (merged as MergedLine[]) : [] }
}

function selectUser(email: string, networks: string[]) {
  return build
    .selectFrom('users')
    .where('email_key', '=', emailKey(email))
    .select(['id', 'password_hash', 'password_version', 'email_confirmed_at'])
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom('known_networks')
          .whereRef('known_networks.user_id', '=', 'users.id')
          .where('network', 'in', networks.length > 0 ? networks : [''])
          .select('network'),
      ).as('is_network_known'),
    )
}

// The wording of the Django shop that Kiosk replaces: clients may compare it.
const NO_ACCOUNT = 'No active account found with the given credentials.'

/** Rehashes the same password, so its version stays. */
function replaceHash(user: { id: number; password_version: number }, password_hash: string) {
  return build
    .updateTable('users')
    .set({ password_hash })
    .where('id', '=', user.id)
    .where('password_version', '=', user.password_version)
}
