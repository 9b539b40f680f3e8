import * as z from 'zod'
import { issue, text } from '../http/fields.ts'
import { hasAtMost } from '../text.ts'
import { MAX_LENGTH } from './password-rules.ts'

export const MAX_EMAIL_CHARACTERS = 254

/** An e-mail as typed. Its length is bounded because it is normalized before it is compared. */
export const TypedEmail = text(0, MAX_EMAIL_CHARACTERS)

/** Its length is bounded because it is normalized before it is hashed. */
export const TypedPassword = z
  .string()
  .refine((password) => hasAtMost(MAX_LENGTH, password), {
    error: issue('too_long', { max: MAX_LENGTH }),
    abort: true,
  })
  .meta({ maxLength: MAX_LENGTH })

/** Whatever `guest` is, it must not fail a log-in. */
export const LogInBody = z.object({
  email: TypedEmail,
  password: TypedPassword,
  guest: z.string().optional().catch(undefined),
})

export const RefreshBody = z.object({ refresh: z.string() })

export const VerifyBody = z.object({ token: z.string() })
