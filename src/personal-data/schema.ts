import * as z from 'zod'
import { TypedPassword } from '../auth/schema.ts'

export const DeleteAccountBody = z.object({
  password: TypedPassword.optional().meta({
    description: 'The current password. Only a guest leaves it out, who has none.',
  }),
})
