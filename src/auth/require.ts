import type { Context, MiddlewareHandler, Next } from 'hono'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/app-env.ts'
import { bookmarkOf } from '../http/bookmark.ts'
import { activeSession, notStaff } from './session-guard.ts'
import { type Claims, isExpired, readToken, signingKeys } from './tokens.ts'

/** Refuses every request while the secret is missing; without it, anybody could sign tokens. */
export const requireSecret: MiddlewareHandler<AppEnv> = (c, next) => {
  signingKeys(c.env)
  return next()
}

/** Requires an access token with our signature that has not expired. Does not check that its session is active. */
export const requireToken: MiddlewareHandler<AppEnv> = async (c, next) => {
  c.set('customer', await verifyAccess(c))
  await next()
}

/**
 * Requires a customer. From here on `c.var.db` checks in each round trip that the session is active, and reads
 * from a replica at least as new as what the customer has seen.
 */
export const requireCustomer: MiddlewareHandler<AppEnv> = (c, next) => authenticate(c, next, false)

/**
 * Requires staff: like a customer, but each round trip also checks that the account is still staff. Always
 * reads from the primary, so that staff see exact data and a demotion takes effect immediately.
 */
export const requireStaff: MiddlewareHandler<AppEnv> = (c, next) => authenticate(c, next, true)

async function authenticate(c: Context<AppEnv>, next: Next, staff: boolean): Promise<void> {
  const claims = await verifyAccess(c)
  if (staff && !claims.is_staff) throw notStaff()
  c.set('customer', claims)
  const { db, now } = c.var
  const bookmark = staff ? undefined : bookmarkOf(c)
  if (bookmark) db.readFrom(bookmark)
  db.guard(activeSession({ session_id: claims.sid, user_id: claims.user_id, staff, now }))
  await next()
}

/** Verifies an access token, by default the one in the Authorization header, and returns its claims. */
export async function verifyAccess(
  c: Context<AppEnv>,
  token = /^Bearer +(\S+) *$/i.exec(c.req.header('Authorization') ?? '')?.[1],
): Promise<Claims<'access'>> {
  if (token === undefined) {
    throw new AppError('token_missing', 'Log in and send the access token as Authorization: Bearer <access>.')
  }
  const claims = await readToken(token, 'access', signingKeys(c.env))
  if (!claims || isExpired(claims, c.var.now))
    throw new AppError('token_invalid', 'The access token is invalid or expired.')
  return claims
}
