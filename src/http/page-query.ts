import * as z from 'zod'
import { COUNTED_MATCHES } from '../db/keyset.ts'
import { integer } from './fields.ts'

/**
 * Numbered pages end here, where the count is exact: reaching row N by number costs N rows, by cursor one.
 * Elsewhere they end at the last row that is counted.
 */
export const NUMBERED_ROWS = 10_000

export const PageQuery = z.object({
  page_size: integer(1, 100).default(10).meta({ description: 'Results on a page, 10 by default.' }),
  cursor: z.string().max(8192).optional().meta({ description: 'Opaque; follow `next` and `previous`.' }),
  page: integer(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({
      description: `Page number, up to the ${NUMBERED_ROWS}th row, with filters up to the ${COUNTED_MATCHES}th; \`next\` goes on from there.`,
    }),
})
