import type { Context, MiddlewareHandler, Next } from 'hono'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/app-env.ts'
import { bookmarkOf } from '../http/bookmark.ts'
import { activeSession, notStaff } from './session-guard.ts'
import { type Claims, isExpired, readToken, signingKeys } from './tokens.ts'

/** Answers nothing at all while the secret is missing: better no shop than one whose tokens anybody can sign. */
export const requireSecret: MiddlewareHandler<AppEnv> = (c, next) => {
  signingKeys(c.env)
  return next()
}

/** A valid access token: signed by us and not expired. Whether its session is active is not checked. */
export const requireToken: MiddlewareHandler<AppEnv> = async (c, next) => {
  c.set('customer', await verifyAccess(c))
  await next()
}

/**
 * A customer: from here on `c.var.db` checks, in each round trip, that the session is active, and reads
 * from a replica that has what the customer has seen.
 */
export const requireCustomer: MiddlewareHandler<AppEnv> = (c, next) => authenticate(c, next, false)

/**
 * Staff: as for a customer, and the account must still be staff when the database is reached. That is
 * the primary always: what staff see is exact, and a demotion takes effect immediately.
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

/** The claims of this access token, by default the one in the Authorization header. */
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
