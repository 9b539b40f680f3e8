import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

/** HMAC-SHA256 as base64url. From node:crypto, since WebCrypto takes ten times as long: it imports the key each time. */
export function hmacOf(text: string, key: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}

/** Compares signatures in a time that does not depend on how much of them is the same. */
export function timingSafeEquals(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
