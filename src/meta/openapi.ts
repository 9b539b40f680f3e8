import * as z from 'zod'
import { Currency, type Operations } from '../openapi/operation.ts'

const About = z
  .object({
    currency: Currency,
    payments: z.enum(['test', 'live']).nullable().meta({
      description:
        'Whether orders have to be paid; with `test` no money moves. Null where the shop takes no payments.',
    }),
    mail: z.boolean().meta({
      description:
        'Whether the shop sends mail: about orders, to set a new password and to confirm an address.',
    }),
  })
  .catchall(z.url())
  .meta({ id: 'About' })
export type About = z.infer<typeof About>

export const metaOperations: Operations = {
  'GET /api': {
    operationId: 'listEntryPoints',
    summary: 'List the entry points',
    description:
      'Returns the addresses of the lists, the cart, the reference and the health check, so that a client needs to know this one only.',
    access: 'public',
    responses: {
      200: {
        description:
          'Absolute URLs by name, the currency of every price, and whether the shop takes payments and sends mail.',
        schema: About,
        example: {
          currency: 'EUR',
          payments: null,
          mail: false,
          products: 'https://shop.example/api/products/',
        },
      },
    },
  },
  'GET /api/health': {
    operationId: 'checkHealth',
    summary: 'Check whether the shop can reach its database',
    description:
      'Runs a query in the database. It fails when the database cannot be reached or a setting is wrong.',
    access: 'public',
    responses: {
      200: {
        description: 'The database is reachable.',
        schema: z.object({ status: z.literal('ok') }),
        example: { status: 'ok' },
      },
    },
  },
}
