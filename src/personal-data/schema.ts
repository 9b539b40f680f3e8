import * as z from 'zod'
import { TypedPassword } from '../auth/schema.ts'

export const DeleteAccountBody = z.object({
  password: TypedPassword.optional().meta({
    description: 'The current password. A guest, who has none, leaves it out.',
  }),
})
