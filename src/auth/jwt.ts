import { Buffer } from 'node:buffer'
import { hmacOf, timingSafeEquals } from '../hmac.ts'

/** JSON Web Tokens (RFC 7519) with HS256, the only algorithm accepted (RFC 8725). */

const HEADER = encoded({ alg: 'HS256', typ: 'JWT' })

export function signJwt(claims: object, key: string): string {
  const signed = `${HEADER}.${encoded(claims)}`
  return `${signed}.${hmacOf(signed, key)}`
}

/** The claims of a token that `signJwt` made with this key; undefined for any other text. */
export function claimsOfJwt(token: string, key: string): unknown {
  const [header, claims, signature, ...rest] = token.split('.')
  if (header !== HEADER || claims === undefined || signature === undefined || rest.length > 0)
    return undefined
  if (!timingSafeEquals(signature, hmacOf(`${header}.${claims}`, key))) return undefined
  try {
    return JSON.parse(Buffer.from(claims, 'base64url').toString())
  } catch {
    return undefined // something else signed this text with the same key
  }
}

function encoded(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url')
}
