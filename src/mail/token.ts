import { hash, randomBytes } from 'node:crypto'

/** How long the former address of an account can undo a change. */
export const RESTORE_TOKEN_MILLISECONDS = 72 * 60 * 60_000

/** A token, which goes out by mail, and its hash, which is stored. */
export function newToken(): { token: string; hash: string } {
  const token = randomBytes(32).toString('base64url')
  return { token, hash: hashOf(token) }
}

export function hashOf(token: string): string {
  return hash('sha256', token, 'base64url')
}
