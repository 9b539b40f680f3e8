import * as z from 'zod'
import { type FieldError, fieldError, type FieldErrorCode } from '../field-errors.ts'
import { MAX_CENTS, toCents, toMoney } from '../money.ts'
import { hasAtMost, isVisible } from '../text.ts'

/** The kinds of field that requests are made of. Numbers may come as JSON numbers or decimal strings. */

/** The message of a zod issue: a FieldError as JSON, because the message is all that a rule can give its issue. */
export function issue<Code extends FieldErrorCode>(...given: Parameters<typeof fieldError<Code>>): string {
  return JSON.stringify(fieldError(...given))
}

export function fieldErrorIn({ message }: z.core.$ZodIssue): FieldError {
  return JSON.parse(message) as FieldError
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number) {
  const message = issue('not_integer', { min, max })
  return z
    .union(
      [
        z.number().meta({ type: 'integer', minimum: min, maximum: max }),
        z.string().regex(/^-?\d{1,16}(\.0+)?$/, message),
      ],
      {
        error: unlessMissing(message),
      },
    )
    .transform(Number)
    .refine((value) => Number.isSafeInteger(value) && value >= min && value <= max, message)
}

/** Money, as integer cents. A number is read from its shortest decimal representation. */
export function money(max_cents = MAX_CENTS) {
  const message = issue('not_amount', { min: toMoney(0), max: toMoney(max_cents) })
  return z
    .union(
      [
        z.number().meta({ minimum: 0, maximum: max_cents / 100 }),
        z.string().meta({ pattern: '^\\d+(\\.\\d{1,2}0*)?$' }),
      ],
      { error: unlessMissing(message) },
    )
    .transform((value) => toCents(String(value)) ?? NaN)
    .refine((cents) => cents <= max_cents, message)
    .meta({ examples: ['1299.99'] })
}

/**
 * Text of `min` to `max` characters (code points) without surrounding white space. A text that is too long is
 * not checked further.
 */
export function text(min: 0 | 1, max: number, { lines = false } = {}) {
  // Control characters; U+0000, for one, ends strings in C code.
  const forbidden = lines ? /[^\P{Cc}\t\n\r]/u : /\p{Cc}/u
  return z
    .string()
    .trim()
    .refine((value) => hasAtMost(max, value), {
      error: issue('too_long', { max }),
      abort: true,
    })
    .refine((value) => value.isWellFormed(), issue('not_unicode')) // a lone surrogate cannot be encoded in UTF-8
    .refine((value) => !forbidden.test(value), issue('control_characters'))
    .refine((value) => min === 0 || isVisible(value), issue('empty'))
    .meta({ minLength: min, maxLength: max })
}

/** A time, as milliseconds since 1970. Time zone required (RFC 3339). */
export function timestamp() {
  return z.iso
    .datetime({ offset: true, error: unlessMissing(issue('not_moment')) })
    .transform((value) => Date.parse(value))
}

export function oneOf<const Value extends string>(values: readonly Value[]) {
  return z.enum(values, { error: unlessMissing(issue('not_one_of', { values })) })
}

export const IdParam = z.object({
  id: z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .transform(Number),
})

/** The message of a field that is there: one that is missing, or is a list, gets its message in `validate`. */
export function unlessMissing(message: string) {
  return ({ input }: { input?: unknown }) =>
    input === undefined || Array.isArray(input) ? undefined : message
}
