import { Buffer } from 'node:buffer'
import type { Bindings } from '../env.ts'
import { hmacOf, timingSafeEquals } from '../hmac.ts'

/**
 * Cursors are signed, because their content decides where a list is read and that it is not counted again. The
 * signature covers the list (path, filters and ordering), so a cursor is valid for one list only.
 */

/** 128 bits, base64url. */
const SIGNATURE_CHARACTERS = 22

type Keys = Pick<Bindings, 'JWT_SECRET' | 'JWT_SECRET_PREVIOUS'>

export function sealCursor(content: unknown, list: string, { JWT_SECRET }: Keys): string {
  const payload = Buffer.from(JSON.stringify(content)).toString('base64url')
  return `${payload}.${signatureOf(payload, list, JWT_SECRET)}`
}

/** The content of a cursor; undefined unless this shop made it for this list. */
export function openCursor(cursor: string, list: string, keys: Keys): unknown {
  const [payload = '', signature = '', ...rest] = cursor.split('.')
  const isSigned = [keys.JWT_SECRET, keys.JWT_SECRET_PREVIOUS].some(
    (key) => key && timingSafeEquals(signature, signatureOf(payload, list, key)),
  )
  return isSigned && rest.length === 0 ? JSON.parse(Buffer.from(payload, 'base64url').toString()) : undefined
}

/** The prefix separates these signatures from those of tokens, which use the same key. */
function signatureOf(payload: string, list: string, key: string): string {
  return hmacOf(`cursor\0${list}\0${payload}`, key).slice(0, SIGNATURE_CHARACTERS)
}
