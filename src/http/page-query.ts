import * as z from 'zod'
import { integer } from './fields.ts'

/** The last row of numbered pages: reaching row N reads N rows by page number, but one row by cursor. */
export const NUMBERED_ROWS = 10_000

export const PageQuery = z.object({
  page_size: integer(1, 100).default(10).meta({ description: 'Results per page, 10 by default.' }),
  cursor: z.string().max(8192).optional().meta({ description: 'Opaque; taken from `next` and `previous`.' }),
  page: integer(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: `Page number, up to row ${NUMBERED_ROWS}; \`next\` continues from there.` }),
})
