import * as z from 'zod'
import { TypedPassword } from '../auth/schema.ts'

export const DeleteAccountBody = z.object({
  password: TypedPassword.optional(),
})
