import type { Context, MiddlewareHandler } from 'hono'
import type { AppEnv } from '../http/app-env.ts'
import {
  byAddress,
  bySession,
  bySite,
  isWithin,
  requireWithinAll,
  tooManyRequests,
} from '../http/rate-limit.ts'
import { readBearer } from './require.ts'
import { isKnownRevoked } from './revoked-sessions.ts'
import type { Claims } from './tokens.ts'

/**
 * The limit of every request but Stripe's events, before its body is read or the database is queried. A request
 * with a valid access token is counted by session and loosely by account; any other by address and, for IPv6,
 * loosely by its /48. Expensive routes have tighter limits as well. HEAD counts as GET; OPTIONS is answered
 * earlier and is not counted.
 */
export const limitCaller: MiddlewareHandler<AppEnv> = async (c, next) => {
  const bearer = await readBearer(c)
  c.set('bearer', bearer)
  await requireWithinAll(
    c,
    bearer ? { LIMIT_SESSION: bySession } : { LIMIT_ADDRESS: byAddress, LIMIT_LOOSELY: bySite },
  )
  if (bearer && !(await isWithinAccount(c, bearer))) throw tooManyRequests()
  await next()
}

/**
 * Beyond the account's limit the Worker asks KV whether the session is revoked. Active sessions then get a limit of
 * their own, which revoked ones cannot use up.
 */
async function isWithinAccount(
  { env }: Context<AppEnv>,
  { sid, user_id }: Claims<'access'>,
): Promise<boolean> {
  if (await isWithin(env, 'LIMIT_LOOSELY', `account ${user_id}`)) return true
  if (await isKnownRevoked(env.REVOKED_SESSIONS, sid)) return false
  return isWithin(env, 'LIMIT_LOOSELY', `active sessions of ${user_id}`)
}
