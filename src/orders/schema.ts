import * as z from 'zod'
import { Email, Recipient } from '../accounts/schema.ts'
import { TypedEmail } from '../auth/schema.ts'
import { integer, money, oneOf, timestamp } from '../http/fields.ts'
import { PageQuery } from '../http/page-query.ts'
import { ORDER_STATUSES, PAYMENT_STATUSES } from './order-status.ts'

export const PlaceOrderBody = z.object({
  ship_to: Recipient.optional().meta({ description: 'Where to ship the order; defaults to the profile.' }),
  email: Email.optional().meta({
    description:
      'Where the shop reaches a guest, who must give it. The e-mail of an account cannot be changed here.',
  }),
  delivery_option: integer(1, Number.MAX_SAFE_INTEGER).optional().meta({
    description: 'Id of an option of `GET /api/delivery-options/`; required where the shop has any.',
  }),
  expected_total: money()
    .optional()
    .meta({ description: 'The request fails if the total, with delivery, differs.' }),
})

export const ListOrdersQuery = PageQuery

export const ListAllOrdersQuery = PageQuery.extend({
  status: oneOf(ORDER_STATUSES).optional(),
  payment: oneOf(PAYMENT_STATUSES).optional().meta({ description: 'Where the payment stands.' }),
  user: integer(1, Number.MAX_SAFE_INTEGER).optional().meta({ description: 'Id of the customer.' }),
  email: TypedEmail.optional().meta({ description: 'E-mail of the customer.' }),
  created_after: timestamp().optional().meta({ description: 'Placed at or after this time.' }),
  created_before: timestamp().optional().meta({ description: 'Placed before this time.' }),
  ordering: oneOf(['created_at', '-created_at']).optional().meta({ description: 'Newest first by default.' }),
})

export const ChangeStatusBody = z.object({
  status: oneOf(ORDER_STATUSES),
})
