import * as z from 'zod'
import { TypedPassword } from '../auth/schema.ts'

export const DeleteAccountBody = z.object({
  password: TypedPassword.optional().meta({
    description: 'The current password. Guests have none and leave it out.',
  }),
})
