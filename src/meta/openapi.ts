import * as z from 'zod'
import { Currency, type Operations } from '../openapi/operation.ts'

export const metaOperations: Operations = {
  'GET /api': {
    summary: 'List the entry points',
    access: 'public',
    answers: {
      200: {
        description: 'Absolute URLs by name, and the currency of every price.',
        schema: z.object({ currency: Currency }).catchall(z.url()),
        example: { currency: 'EUR', products: 'https://shop.example/api/products/' },
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
