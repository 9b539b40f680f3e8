import * as z from 'zod'
import { integer, issue } from './fields.ts'

/**
 * The last row of numbered pages in lists with an exact count: reaching row N by number costs N rows, by cursor
 * one. Others end at the last row that is counted, COUNTED_MATCHES in db/keyset.ts.
 */
export const NUMBERED_ROWS = 10_000

const MAX_CURSOR_CHARACTERS = 8192

export const PageQuery = z.object({
  page_size: integer(1, 100).default(10),
  cursor: z
    .string()
    .max(MAX_CURSOR_CHARACTERS, issue('too_long', { max: MAX_CURSOR_CHARACTERS }))
    .optional(),
  page: integer(1, Number.MAX_SAFE_INTEGER).optional(),
})
