import { Buffer } from 'node:buffer'
import { randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from 'node:crypto'
import { InvalidRequest } from '../errors.ts'
import { fieldError } from '../field-errors.ts'

/**
 * Password hashes are scrypt (RFC 7914) in the PHC string format, with the parameters beside the hash
 * so that they can be raised: OWASP's parameter set that fits an isolate's 128 MiB (16 MiB per hash).
 */
const CURRENT: Cost = { ln: 14, r: 8, p: 5 }
const HASH_BYTES = 32
const SALT_BYTES = 16

interface Cost {
  /** log2 of N */
  ln: number
  r: number
  p: number
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  return format(CURRENT, salt, await derive(password, salt, CURRENT))
}

/**
 * Compares a password with a stored hash. Without one (an unknown e-mail) it does the same work and
 * fails. `outdated` when the hash was made with other than the current parameters.
 */
export async function checkPassword(
  password: string,
  stored: string = format(CURRENT, Buffer.alloc(SALT_BYTES), Buffer.alloc(HASH_BYTES)),
): Promise<{ matches: boolean; outdated: boolean }> {
  const [, ln, r, p, salt, hash] = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(stored) ?? []
  if (!salt || !hash) throw new Error('A stored password hash has an unknown format')
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  const derived = await derive(password, Buffer.from(salt, 'base64'), cost)
  return {
    matches: timingSafeEqual(derived, Buffer.from(hash, 'base64')),
    outdated: cost.ln !== CURRENT.ln || cost.r !== CURRENT.r || cost.p !== CURRENT.p,
  }
}

/** The error of a field `password` that does not match. */
export function wrongPassword(): InvalidRequest {
  return new InvalidRequest({ password: [fieldError('wrong_password')] }, 'wrong_password')
}

function derive(password: string, salt: Buffer, { ln, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** ln
  const options: ScryptOptions = { N, r, p, maxmem: 128 * r * (N + p) + 2 ** 20 }
  // NFKC, so that the same characters typed on another keyboard are the same password (NIST SP 800-63B).
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}

function format({ ln, r, p }: Cost, salt: Buffer, hash: Buffer): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${salt.toString('base64')}$${hash.toString('base64')}`
}
