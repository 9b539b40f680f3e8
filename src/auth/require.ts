import type { Context, MiddlewareHandler, Next } from 'hono'
import { AppError } from '../errors.ts'
import type { AppEnv, Caller } from '../http/app-env.ts'
import { bookmarkOf } from '../http/bookmark.ts'
import { activeSession, notStaff } from './session-guard.ts'
import { type Claims, isExpired, readToken, signingKeys } from './tokens.ts'

/** Refuses every request but Stripe's events while the secret is missing; without it, anybody could sign tokens. */
export const requireSecret: MiddlewareHandler<AppEnv> = (c, next) => {
  signingKeys(c.env)
  return next()
}

/** Requires an access token with our signature that has not expired. Does not check that its session is active. */
export const requireToken: MiddlewareHandler<AppEnv> = async (c, next) => {
  c.set('caller', await verifyAccess(c))
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
  c.set('caller', claims)
  const { db, now } = c.var
  const bookmark = staff ? undefined : bookmarkOf(c)
  if (bookmark) db.readFrom(bookmark)
  db.guard(activeSession({ session_id: claims.sid, user_id: claims.user_id, staff, now }))
  await next()
}

/** Returns the claims of a valid access token, by default the one in the Authorization header. */
export async function verifyAccess(c: Context<AppEnv>, token?: string): Promise<Caller & { exp: number }> {
  const claims = token === undefined ? c.var.bearer : await readValid(c, token)
  if (claims) return claims
  if (token === undefined && bearerToken(c) === undefined)
    throw new AppError('token_missing', 'Log in and send the access token as Authorization: Bearer <access>.')
  throw new AppError('token_invalid', 'The access token is invalid or expired.')
}

/** The claims of the access token in the Authorization header; undefined unless it is valid. */
export async function readBearer(c: Context<AppEnv>): Promise<Claims<'access'> | undefined> {
  const token = bearerToken(c)
  return token === undefined ? undefined : await readValid(c, token)
}

function bearerToken(c: Context<AppEnv>): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(c.req.header('Authorization') ?? '')?.[1]
}

async function readValid(c: Context<AppEnv>, token: string): Promise<Claims<'access'> | undefined> {
  const claims = await readToken(token, 'access', signingKeys(c.env))
  return claims && !isExpired(claims, c.var.now) ? claims : undefined
}
