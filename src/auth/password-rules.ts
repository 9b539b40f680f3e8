import { type FieldError, fieldError } from '../field-errors.ts'
import { foldCase, lengthOf } from '../text.ts'

export const MIN_LENGTH = 8
export const MAX_LENGTH = 128

/** Only this many characters are compared, because NFKC can expand one character to 18. */
const COMPARED_CHARACTERS = 256

/** Returns the rules that this password violates; empty if it is acceptable (NIST SP 800-63B). */
export function weaknesses(
  password: string,
  owner: { email: string; name: string },
  is_common = false,
): FieldError[] {
  if (!password.isWellFormed()) return [fieldError('not_unicode')]
  const found = []
  if (lengthOf(password) < MIN_LENGTH) found.push(fieldError('too_short', { min: MIN_LENGTH }))
  if (/^\p{Nd}+$/u.test(password)) found.push(fieldError('digits_only'))
  if (isAlike(password, owner.email)) found.push(fieldError('like_email'))
  if (isAlike(password, owner.name)) found.push(fieldError('like_name'))
  if (is_common) found.push(fieldError('too_common'))
  return found
}

/** True if a substring of half the password's length occurs in the owner's name or e-mail. */
function isAlike(password: string, known: string): boolean {
  const key = comparable(password)
  const half = Math.ceil(Math.max(MIN_LENGTH, key.length) / 2)
  const runs = new Set(runsOf(comparable(known), half))
  return runsOf(key, half).some((run) => runs.has(run))
}

function comparable(text: string): string {
  return foldCase(text.slice(0, COMPARED_CHARACTERS)).slice(0, COMPARED_CHARACTERS)
}

/** All substrings of this length. */
function runsOf(text: string, length: number): string[] {
  return Array.from({ length: Math.max(0, text.length - length + 1) }, (_, at) => text.slice(at, at + length))
}
