import type { Context } from 'hono'
import type { AppEnv } from '../env.ts'
import { knock } from '../live/knock.ts'
import { type EndedLogin, publishRevoked } from './revoked-logins.ts'

/** Spreads the word, after the answer, that these logins of one account have ended: to the edge, and to who listens. */
export function announceEnded(c: Context<AppEnv>, ended: readonly EndedLogin[]): void {
  const [login] = ended
  if (!login) return
  c.executionCtx.waitUntil(publishRevoked(c.env.REVOKED_LOGINS, ended, c.var.now))
  knock(c, login, ...(ended.some(({ is_staff }) => is_staff) ? (['staff'] as const) : []))
}
