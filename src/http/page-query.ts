import * as z from 'zod'
import { integer, issue } from './fields.ts'

/**
 * The last row of numbered pages in lists with an exact count: reaching row N by number costs N rows, by cursor
 * one. Others end at the last row that is counted, COUNTED_MATCHES in db/keyset.ts. This file must not import
 * the database schema, because the client imports its types.
 */
export const NUMBERED_ROWS = 10_000

const MAX_CURSOR_CHARACTERS = 8192

export const PageQuery = z.object({
  page_size: integer(1, 100).default(10).meta({ description: 'Results on a page, 10 by default.' }),
  cursor: z
    .string()
    .max(MAX_CURSOR_CHARACTERS, issue('too_long', { max: MAX_CURSOR_CHARACTERS }))
    .optional()
    .meta({ description: 'Opaque; follow `next` and `previous`.' }),
  page: integer(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({
      description: `Page number. Numbered pages end at row ${NUMBERED_ROWS}, or at row 1000 in a list whose count may be a lower bound. If the list goes on, \`next\` of the last page leads further.`,
    }),
})
