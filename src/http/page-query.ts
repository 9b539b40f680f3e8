import * as z from 'zod'
import { integer } from './fields.ts'

/** Numbered pages end here: reaching row N by number costs N rows, by cursor one. */
export const NUMBERED_ROWS = 10_000

export const PageQuery = z.object({
  page_size: integer(1, 100).default(10).meta({ description: 'Results on a page, 10 by default.' }),
  cursor: z.string().max(8192).optional().meta({ description: 'Opaque; follow `next` and `previous`.' }),
  page: integer(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: `Page number, up to the ${NUMBERED_ROWS}th row; \`next\` goes on from there.` }),
})
