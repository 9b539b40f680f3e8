import * as z from 'zod'
import { Currency, type Operations } from '../openapi/operation.ts'

const About = z
  .object({
    currency: Currency,
    payments: z.enum(['test', 'live']).nullable().meta({
      description:
        'Whether orders have to be paid; with `test` no money moves. Null where the shop takes no payments.',
    }),
  })
  .catchall(z.url())
export type About = z.infer<typeof About>

export const metaOperations: Operations = {
  'GET /api': {
    summary: 'List the entry points',
    access: 'public',
    answers: {
      200: {
        description:
          'Absolute URLs by name, the currency of every price, and whether the shop takes payments.',
        schema: About,
        example: { currency: 'EUR', payments: null, products: 'https://shop.example/api/products/' },
      },
    },
  },
  'GET /api/health': {
    summary: 'Check whether the shop can reach its database',
    access: 'public',
    answers: {
      200: {
        description: 'The database is reachable.',
        schema: z.object({ status: z.literal('ok') }),
        example: { status: 'ok' },
      },
    },
  },
}
