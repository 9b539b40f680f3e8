import { lengthOf, foldCase } from '../text.ts'

export const MIN_LENGTH = 8
const MAX_LENGTH = 128

/** How alike a password and something known about its owner may be, as Django measures it. */
const TOO_ALIKE = 0.7

/** What speaks against this password, in sentences; empty when it will do (NIST SP 800-63B, no composition rules). */
export function weaknesses(password: string, owner: { email: string; name: string }): string[] {
  // First what bounds the rest: comparing takes the square of the length.
  if (!password.isWellFormed()) return ['The password is not valid Unicode.']
  if (lengthOf(password) > MAX_LENGTH) return [`The password must have at most ${MAX_LENGTH} characters.`]
  const found = []
  if (lengthOf(password) < MIN_LENGTH) found.push(`The password must have at least ${MIN_LENGTH} characters.`)
  if (/^\p{Nd}+$/u.test(password)) found.push('The password must not consist of digits only.')
  const key = foldCase(password)
  if (isAlike(key, owner.email)) found.push('The password is too much like the e-mail address.')
  if (isAlike(key, owner.name)) found.push('The password is too much like the name.')
  return found
}

/** Compares with the whole and with each word of it, ignoring case. */
function isAlike(password_key: string, known: string): boolean {
  const whole = foldCase(known)
  return [whole, ...whole.split(/[^\p{L}\p{N}]+/u)].some((part) => likeness(password_key, part) >= TOO_ALIKE)
}

/** Twice the characters that both have, in any order, by the length of both: 0 to 1. */
function likeness(one: string, other: string): number {
  const left = [...other]
  const total = lengthOf(one) + left.length
  let shared = 0
  for (const character of one) {
    const at = left.indexOf(character)
    if (at >= 0) {
      left.splice(at, 1)
      shared += 1
    }
  }
  return other === '' ? 0 : (2 * shared) / total
}
