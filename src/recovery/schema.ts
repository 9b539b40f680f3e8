import * as z from 'zod'
import { Email, Password } from '../accounts/schema.ts'
import { TypedEmail, TypedPassword } from '../auth/schema.ts'

export const RequestResetBody = z.object({ email: TypedEmail })

export const ResetPasswordBody = z.object({ token: z.string(), new_password: Password })

export const ChangeEmailBody = z.object({ email: Email, password: TypedPassword })

export const ConfirmEmailBody = z.object({ token: z.string() })
