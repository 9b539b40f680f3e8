import * as z from 'zod'
import { integer, oneOf } from '../http/fields.ts'
import { CHECK_NAMES } from './check-names.ts'

export const IntegrityQuery = z.object({
  check: oneOf(CHECK_NAMES).default(CHECK_NAMES[0]),
  cursor: integer(0, Number.MAX_SAFE_INTEGER).default(0),
})
