import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from '../http/app-env.ts'
import { byAddress, bySession, bySite, requireWithinAll } from '../http/rate-limit.ts'
import { readBearer } from './require.ts'

/**
 * The limit that every request has, whatever its path, before anything of it is read or looked up: who
 * shows a valid access token is counted by session and loosely by account, anybody else by address and, of
 * IPv6, loosely by its /48. Routes that cost more have tighter ones besides. HEAD counts as GET does; an
 * OPTIONS is answered before and costs nothing.
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
