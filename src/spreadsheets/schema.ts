import * as z from 'zod'
import { integer, issue, oneOf, timestamp } from '../http/fields.ts'
import { hasAtMost } from '../text.ts'
import { MAX_ROWS } from './sheet.ts'

const MAX_COLUMNS_NAMED = 30
const MAX_CHARACTERS = 300

export const ImportQuery = z.object({
  dry_run: oneOf(['true', 'false'])
    .transform((value) => value === 'true')
    .optional(),
  from: integer(0, MAX_ROWS).optional(),
  column: z
    .union([z.string(), z.array(z.string())])
    .transform((columns) => [columns].flat())
    .refine((columns) => columns.length <= MAX_COLUMNS_NAMED, {
      error: issue('too_many', { max: MAX_COLUMNS_NAMED }),
      abort: true,
    })
    .refine((columns) => columns.every((column) => hasAtMost(MAX_CHARACTERS, column)), {
      error: issue('too_long', { max: MAX_CHARACTERS }),
    })
    .optional(),
})

export const ExportOrdersQuery = z.object({
  created_after: timestamp().optional(),
  created_before: timestamp().optional(),
})
