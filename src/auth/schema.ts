import * as z from 'zod'
import { text } from '../http/fields.ts'
import { hasAtMost } from '../text.ts'
import { MAX_LENGTH, TOO_LONG } from './password-rules.ts'

export const MAX_EMAIL_CHARACTERS = 254

/** As somebody types it. Bounded: what compares e-mails normalises them. */
export const TypedEmail = text(0, MAX_EMAIL_CHARACTERS)

/** Bounded: what hashes passwords normalises them. */
export const TypedPassword = z
  .string()
  .refine((password) => hasAtMost(MAX_LENGTH, password), { error: TOO_LONG, abort: true })
  .meta({ maxLength: MAX_LENGTH })

export const LogInBody = z.object({ email: TypedEmail, password: TypedPassword })

export const RefreshBody = z.object({ refresh: z.string() })

export const VerifyBody = z.object({ token: z.string() })
