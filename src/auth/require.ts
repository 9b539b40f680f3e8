import type { Context, MiddlewareHandler, Next } from 'hono'
import type { AppEnv } from '../env.ts'
import { AppError } from '../errors.ts'
import { bookmarkOf } from '../http/bookmark.ts'
import { type Claims, isExpired, readToken, signingKeys } from './tokens.ts'

/** Answers nothing at all while the secret is missing: better no shop than one whose tokens anybody can sign. */
export const requireSecret: MiddlewareHandler<AppEnv> = (c, next) => {
  signingKeys(c.env)
  return next()
}

/** A valid access token: signed by us and not expired. Whether its login is live is not asked. */
export const requireToken: MiddlewareHandler<AppEnv> = async (c, next) => {
  c.set('customer', await verifyAccess(c))
  await next()
}

/**
 * A customer: from here on `c.var.db` checks, in each trip, that their login is live, and reads from a
 * replica that has what they have seen.
 */
export const requireCustomer: MiddlewareHandler<AppEnv> = (c, next) => speakFor(c, next, false)

/**
 * Staff: as for a customer, and the account must still be staff when the database is reached. That is
 * the primary always: what staff see is exact, and a demotion holds at once.
 */
export const requireStaff: MiddlewareHandler<AppEnv> = (c, next) => speakFor(c, next, true)

async function speakFor(c: Context<AppEnv>, next: Next, staff: boolean): Promise<void> {
  const claims = await verifyAccess(c)
  if (staff && !claims.is_staff) throw new AppError('not_staff', 'Only staff may do this.')
  c.set('customer', claims)
  const { method, path } = c.req
  const action = staff && method !== 'GET' ? { method, path, body: await bodyOf(c) } : undefined
  const caller = { login_id: claims.sid, user_id: claims.user_id, staff, action, now: c.var.now }
  c.set('db', c.var.db.as(caller, (!staff && bookmarkOf(c)) || 'first-primary'))
  await next()
}

/** As it came; whoever validates it reads the same bytes again. */
async function bodyOf(c: Context<AppEnv>): Promise<string | null> {
  return new TextDecoder().decode(await c.req.arrayBuffer()) || null
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
