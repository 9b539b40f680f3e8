import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from '../http/app-env.ts'
import { byAddress, bySession, bySite, requireWithinAll } from '../http/rate-limit.ts'
import { readBearer } from './require.ts'

/**
 * The limit of every request, whatever its path, before its body is read or the database is queried. A request
 * with a valid access token is counted by session and loosely by account; any other by address and, for IPv6,
 * loosely by its /48. Expensive routes have tighter limits as well. HEAD counts as GET; OPTIONS is answered
 * earlier and is not counted.
 */
export const limitCaller: MiddlewareHandler<AppEnv> = async (c, next) => {
  const bearer = await readBearer(c)
  c.set('bearer', bearer)
  await requireWithinAll(
    c,
    bearer
      ? { LIMIT_SESSION: bySession, LIMIT_LOOSELY: () => `account ${bearer.user_id}` }
      : { LIMIT_ADDRESS: byAddress, LIMIT_LOOSELY: bySite },
  )
  await next()
}
