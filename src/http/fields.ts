import * as z from 'zod'
import { MAX_CENTS, toCents, toMoney } from '../money.ts'
import { hasAtMost, lengthOf } from '../text.ts'

/** The kinds of field that requests are made of. Numbers may come as JSON numbers or decimal strings. */

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number) {
  const message =
    Number.isSafeInteger(max) && max < Number.MAX_SAFE_INTEGER
      ? `Must be a whole number from ${min} to ${max}.`
      : `Must be a whole number of at least ${min}.`
  return z
    .union(
      [
        z.number().meta({ type: 'integer', minimum: min, maximum: max }),
        z.string().regex(/^-?\d{1,16}$/, message),
      ],
      {
        error: unlessMissing(message),
      },
    )
    .transform(Number)
    .refine((value) => Number.isSafeInteger(value) && value >= min && value <= max, message)
}

/** Money, as integer cents. A number is read from its shortest decimal representation. */
export function money() {
  const message = `Must be an amount from 0.00 to ${toMoney(MAX_CENTS)} with at most two decimal places.`
  return z
    .union(
      [
        z.number().meta({ minimum: 0, maximum: MAX_CENTS / 100 }),
        z.string().meta({ pattern: '^\\d+(\\.\\d{1,2})?$' }),
      ],
      { error: unlessMissing(message) },
    )
    .transform((value) => toCents(String(value)) ?? NaN)
    .refine((cents) => cents <= MAX_CENTS, message)
    .meta({ examples: ['1299.99'] })
}

/**
 * Text of `min` to `max` characters (code points) without surrounding white space. A text that is too long is
 * not checked further.
 */
export function text(min: number, max: number, { lines = false } = {}) {
  // A lone surrogate cannot be encoded in UTF-8; U+0000 terminates strings in C code.
  const forbidden = lines ? /[^\P{Cc}\t\n\r]/u : /\p{Cc}/u
  return z
    .string()
    .trim()
    .refine((value) => hasAtMost(max, value), {
      error: `Must have at most ${max} characters.`,
      abort: true,
    })
    .refine((value) => value.isWellFormed() && !forbidden.test(value), 'Must not contain control characters.')
    .refine(
      (value) => lengthOf(value) >= min,
      min === 1 ? 'Must not be empty.' : `Must have at least ${min} characters.`,
    )
    .meta({ minLength: min, maxLength: max })
}

/** A time, as milliseconds since 1970. Time zone required (RFC 3339). */
export function moment() {
  return z.iso
    .datetime({ offset: true, error: 'Must be a date and time with its zone, such as 2026-01-31T12:00:00Z.' })
    .transform((value) => Date.parse(value))
}

export const IdParam = z.object({
  id: z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .transform(Number),
})

export function unlessMissing(message: string) {
  return ({ input }: { input?: unknown }) => (input === undefined ? undefined : message)
}
