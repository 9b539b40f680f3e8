import { lastExpiry, type TokenSource } from './tokens.ts'

/**
 * From this KV namespace the Worker knows revoked sessions without a round trip to D1, to refuse their refresh tokens
 * and to verify tokens. It is only a shortcut: every other route has D1 check the session, and so does a refresh that
 * KV lets pass.
 */

/** The shortest TTL that KV allows. */
const MIN_TTL_SECONDS = 60

export type RevokedSession = Pick<TokenSource, 'id' | 'user_id' | 'is_staff' | 'refreshed_at' | 'ends_at'>

/** True if KV lists the session as revoked; false also when KV lags or fails. */
export async function isKnownRevoked(kv: KVNamespace, session_id: number): Promise<boolean> {
  try {
    return (await kv.get(keyOf(session_id))) !== null
  } catch (error) {
    console.warn('Could not read KV; D1 decides', error)
    return false
  }
}

/** Lists each session in KV until its last token has expired. Best effort. */
export async function writeRevoked(
  kv: KVNamespace,
  sessions: readonly RevokedSession[],
  now: number,
): Promise<void> {
  const puts = sessions.map((session) => {
    const left = lastExpiry(session) - Math.floor(now / 1000)
    return kv.put(keyOf(session.id), '', { expirationTtl: Math.max(MIN_TTL_SECONDS, left) })
  })
  for (const { status, reason } of (await Promise.allSettled(puts)) as PromiseRejectedResult[]) {
    if (status === 'rejected') console.warn('Could not write to KV; D1 decides', reason)
  }
}

function keyOf(session_id: number): string {
  return `session:${session_id}`
}
