import { lastExpiry, type TokenSource } from './tokens.ts'

/**
 * The KV namespace of revoked sessions lets the edge refuse their tokens without a round trip to D1. It is
 * only ever a shortcut: it lags, it may fail, and then D1 refuses.
 */

/** The shortest life that KV allows. */
const MIN_TTL_SECONDS = 60

export type RevokedSession = Pick<TokenSource, 'id' | 'user_id' | 'is_staff' | 'refreshed_at' | 'ends_at'>

/** True if KV knows that the session was revoked; false also when it knows nothing or cannot be asked. */
export async function isKnownRevoked(kv: KVNamespace, session_id: number): Promise<boolean> {
  try {
    return (await kv.get(keyOf(session_id))) !== null
  } catch (error) {
    console.warn('KV could not be read; D1 decides', error)
    return false
  }
}

/** Tells KV, best effort, until the last token of each session has expired. */
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
    if (status === 'rejected') console.warn('KV could not be written; D1 decides', reason)
  }
}

function keyOf(session_id: number): string {
  return `session:${session_id}`
}
