import { lastExpiry, type TokenSource } from './tokens.ts'

/**
 * The KV namespace of ended logins lets the edge refuse their tokens without a trip to D1. It is only
 * ever a shortcut: it lags, it may fail, and then D1 refuses.
 */

/** KV keeps nothing for less. */
const MIN_TTL_SECONDS = 60

export type EndedLogin = Pick<TokenSource, 'id' | 'user_id' | 'is_staff' | 'refreshed_at' | 'ends_at'>

/** True if KV knows that the login has ended; false also when it knows nothing or cannot be asked. */
export async function isKnownRevoked(kv: KVNamespace, login_id: number): Promise<boolean> {
  try {
    return (await kv.get(keyOf(login_id))) !== null
  } catch (error) {
    console.warn('KV could not be read; D1 decides', error)
    return false
  }
}

/** Tells KV, best effort, until the last token of each login has run out. */
export async function publishRevoked(
  kv: KVNamespace,
  logins: readonly EndedLogin[],
  now: number,
): Promise<void> {
  const puts = logins.map((login) => {
    const left = lastExpiry(login) - Math.floor(now / 1000)
    return kv.put(keyOf(login.id), '', { expirationTtl: Math.max(MIN_TTL_SECONDS, left) })
  })
  for (const { status, reason } of (await Promise.allSettled(puts)) as PromiseRejectedResult[]) {
    if (status === 'rejected') console.warn('KV could not be written; D1 decides', reason)
  }
}

function keyOf(login_id: number): string {
  return `login:${login_id}`
}
