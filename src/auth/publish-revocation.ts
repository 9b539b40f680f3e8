import type { Context } from 'hono'
import { wakeStreams } from '../events/wake.ts'
import type { AppEnv } from '../http/app-env.ts'
import { type RevokedSession, writeRevoked } from './revoked-sessions.ts'

/** After the response, publishes revoked sessions of one account to the edge (KV) and to open streams. */
export function publishRevocation(c: Context<AppEnv>, revoked: readonly RevokedSession[]): void {
  const [session] = revoked
  if (!session) return
  c.executionCtx.waitUntil(writeRevoked(c.env.REVOKED_SESSIONS, revoked, c.var.now))
  const audiences = [session, ...(revoked.some(({ is_staff }) => is_staff) ? (['staff'] as const) : [])]
  c.executionCtx.waitUntil(wakeStreams(c.env.ORDER_STREAMS, audiences))
}
