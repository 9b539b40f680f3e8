import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

/** HMAC-SHA256 as base64url. From node:crypto, since WebCrypto takes ten times as long: it imports the key each time. */
export function hmacOf(text: string, key: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}

/**
 * HMACs with a key that is derived from JWT_SECRET for one purpose: first with the current secret, then with the
 * previous one. Whoever has only the database cannot guess what was hashed.
 */
export function secretHashesOf(
  content: string | Uint8Array,
  purpose: string,
  { JWT_SECRET, JWT_SECRET_PREVIOUS }: { JWT_SECRET: string; JWT_SECRET_PREVIOUS?: string },
): [string, ...string[]] {
  const hashWith = (secret: string) => {
    const key = createHmac('sha256', secret).update(purpose).digest()
    return createHmac('sha256', key).update(content).digest('base64url')
  }
  return [hashWith(JWT_SECRET), ...(JWT_SECRET_PREVIOUS ? [hashWith(JWT_SECRET_PREVIOUS)] : [])]
}

/** Compares signatures in a time that does not depend on how much of them is the same. */
export function timingSafeEquals(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
