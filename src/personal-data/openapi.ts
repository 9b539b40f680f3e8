import * as z from 'zod'
import { noAddressFields, Profile, Session } from '../accounts/openapi.ts'
import { Cart, cart } from '../cart/openapi.ts'
import { describeFields } from '../openapi/describe-fields.ts'
import { type Operations, Timestamp } from '../openapi/operation.ts'
import { Event, Order, order } from '../orders/openapi.ts'
import { LedgerEntry } from '../payments/openapi.ts'
import { DeleteAccountBody } from './schema.ts'

const AccountExport = z
  .object({
    exported_at: Timestamp,
    profile: Profile.extend({ created_at: Timestamp }),
    sessions: z.array(Session.omit({ current: true })).meta({
      description: 'Active sessions, and those that ended less than a day ago.',
    }),
    known_networks: z.array(z.object({ hash: z.string(), last_used_at: Timestamp })).meta({
      description: 'The networks that the account logged in from, as keyed hashes.',
    }),
    cart: Cart,
    orders: z
      .array(
        Order.extend({
          events: z.array(Event.pick({ from: true, to: true, at: true })),
          payments: z.array(LedgerEntry.pick({ kind: true, amount: true, note: true, at: true })),
        }),
      )
      .meta({ description: 'All orders, newest first, with their events and the ledger of their money.' }),
  })
  .meta({ id: 'AccountExport' })
export type AccountExport = z.infer<typeof AccountExport>

const example: AccountExport = {
  exported_at: '2026-01-31T12:10:00.000Z',
  profile: {
    id: 1,
    email: 'ann@example.com',
    name: 'Ann Example',
    address: '1 High Street, London',
    phone: '+44 20 7946 0000',
    ...noAddressFields,
    created_at: '2026-01-31T12:00:00.000Z',
  },
  sessions: [
    {
      id: 7,
      created_at: '2026-01-31T12:00:00.000Z',
      last_used_at: '2026-01-31T12:05:00.000Z',
      user_agent: 'Mozilla/5.0',
    },
  ],
  known_networks: [{ hash: 'n4bQgYhMfWWaL28IoEaM', last_used_at: '2026-01-31T12:00:00.000Z' }],
  cart,
  orders: [
    {
      ...order,
      events: [{ from: null, to: 'Pending', at: '2026-01-31T12:00:00.000Z' }],
      payments: [{ kind: 'paid', amount: '1299.99', note: null, at: '2026-01-31T12:01:00.000Z' }],
    },
  ],
}

describeFields(DeleteAccountBody, {
  password: 'The current password. Guests have none and leave it out.',
})

export const personalDataOperations: Operations = {
  'GET /api/users/export': {
    operationId: 'exportAccount',
    summary: 'Download your data',
    description:
      'Returns profile, sessions, networks, cart and all orders of the account, with their events and payments. The response is sent while the orders are read, a hundred at a time. If it breaks off, it is not complete.',
    access: 'customer',
    responses: { 200: { description: 'The data of the account.', schema: AccountExport, example } },
  },
  'DELETE /api/users/profile': {
    operationId: 'deleteAccount',
    summary: 'Delete the account',
    description:
      'Ends every session and erases e-mail, name, phone, addresses and devices. The shop keeps the orders for its books, without these details. The deletion cannot be undone. Afterwards the e-mail is free for a new account.',
    access: 'customer',
    request: { password: 'correct horse battery' },
    responses: { 204: { description: 'The account has been deleted.' } },
    errors: ['wrong_password', 'account_is_staff', 'order_not_delivered'],
  },
}
