import * as z from 'zod'
import { integer } from './fields.ts'

/**
 * Numbered pages end here, where the count is exact: reaching row N by number costs N rows, by cursor one.
 * Elsewhere they end at the last row that is counted, COUNTED_MATCHES in db/keyset.ts; the client takes types
 * from here, and must not bring tables.
 */
export const NUMBERED_ROWS = 10_000

export const PageQuery = z.object({
  page_size: integer(1, 100).default(10).meta({ description: 'Results on a page, 10 by default.' }),
  cursor: z.string().max(8192).optional().meta({ description: 'Opaque; follow `next` and `previous`.' }),
  page: integer(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({
      description: `Page number, up to the ${NUMBERED_ROWS}th row, with filters up to the 1000th; \`next\` goes on from there.`,
    }),
})
