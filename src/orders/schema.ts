import * as z from 'zod'
import { Email, Recipient } from '../accounts/schema.ts'
import { TypedEmail } from '../auth/schema.ts'
import { integer, money, oneOf, timestamp } from '../http/fields.ts'
import { PageQuery } from '../http/page-query.ts'
import { ORDER_STATUSES, PAYMENT_STATUSES } from './order-status.ts'

export const PlaceOrderBody = z.object({
  ship_to: Recipient.optional().meta({ description: 'Where to ship the order; defaults to the profile.' }),
  email: Email.optional().meta({
    description: 'Required of a guest: where the shop reaches them. An account can send only its own e-mail.',
  }),
  delivery_option: integer(1, Number.MAX_SAFE_INTEGER).optional().meta({
    description: 'Id of an option of `GET /api/delivery-options/`; required if the shop has active options.',
  }),
  expected_total: money()
    .optional()
    .meta({ description: 'The request fails if the total, including the delivery, is different.' }),
})

export const ListOrdersQuery = PageQuery

export const ListAllOrdersQuery = PageQuery.extend({
  status: oneOf(ORDER_STATUSES).optional(),
  payment: oneOf(PAYMENT_STATUSES)
    .optional()
    .meta({ description: 'Only orders whose payment has this status.' }),
  user: integer(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: 'Only orders of the customer with this id.' }),
  email: TypedEmail.optional().meta({
    description: 'Only orders of the customer, or of guests, with this e-mail.',
  }),
  created_after: timestamp().optional().meta({ description: 'Placed at or after this time.' }),
  created_before: timestamp().optional().meta({ description: 'Placed before this time.' }),
  ordering: oneOf(['created_at', '-created_at']).optional().meta({ description: 'Newest first by default.' }),
})

export const ChangeStatusBody = z.object({
  status: oneOf(ORDER_STATUSES),
})
