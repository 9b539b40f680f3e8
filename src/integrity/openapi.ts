import * as z from 'zod'
import { describeFields } from '../openapi/describe-fields.ts'
import { Id, type Operations } from '../openapi/operation.ts'
import { CHECK_NAMES } from './check-names.ts'
import { IntegrityQuery } from './schema.ts'

const IntegrityResult = z
  .object({
    check: z.enum(CHECK_NAMES),
    checked: z.int().min(0).meta({
      description:
        'Rows checked in this piece. For a check that only counts a backlog: the rows of the backlog.',
    }),
    violations: z.int().min(0),
    backlog: z.int().min(0).meta({
      description:
        'Rows that should have been deleted, ended or sent by now, counted up to 1000; they are not violations.',
    }),
    first_ids: z.array(Id).meta({ description: 'Ids of the first ten rows that violate the invariant.' }),
    next: z.url().nullable().meta({ description: 'The next piece, of this check or the one after it.' }),
  })
  .meta({ id: 'IntegrityResult' })
export type IntegrityResult = z.infer<typeof IntegrityResult>

const result: IntegrityResult = {
  check: 'stock_is_sum_of_movements',
  checked: 1000,
  violations: 0,
  backlog: 0,
  first_ids: [],
  next: 'https://shop.example/api/admin/integrity/?check=stock_is_sum_of_movements&cursor=1000',
}

describeFields(IntegrityQuery, {
  check: 'The check to start with; `next` leads through the rest.',
  cursor: 'Opaque; taken from `next`.',
})

export const integrityOperations: Operations = {
  'GET /api/admin/integrity': {
    operationId: 'checkIntegrity',
    summary: 'Check the integrity of the shop, piece by piece',
    description:
      'Compares stock with its ledger, totals with lines, statuses with events, and money with its ledger. Follow `next` to the end; the shop is consistent if no piece reports a violation.',
    access: 'staff',
    responses: {
      200: { description: 'The result of one piece of a check.', schema: IntegrityResult, example: result },
    },
  },
}
