import * as z from 'zod'
import { Recipient } from '../accounts/schema.ts'
import { TypedEmail } from '../auth/schema.ts'
import { integer, moment, money, unlessMissing } from '../http/fields.ts'
import { PageQuery } from '../http/page-query.ts'
import { ORDER_STATUSES, PAYMENT_STATUSES } from './order-status.ts'

export const PlaceOrderBody = z.object({
  ship_to: Recipient.optional().meta({ description: 'Where to ship the order; defaults to the profile.' }),
  expected_total: money().optional().meta({ description: 'The request fails if the total differs.' }),
})

export const ListOrdersQuery = PageQuery

export const ListAllOrdersQuery = PageQuery.extend({
  status: z
    .enum(ORDER_STATUSES, { error: unlessMissing(`Must be one of ${ORDER_STATUSES.join(', ')}.`) })
    .optional(),
  payment: z
    .enum(PAYMENT_STATUSES, { error: unlessMissing(`Must be one of ${PAYMENT_STATUSES.join(', ')}.`) })
    .optional()
    .meta({ description: 'Where the payment stands.' }),
  user: integer(1, Number.MAX_SAFE_INTEGER).optional().meta({ description: 'Id of the customer.' }),
  email: TypedEmail.optional().meta({ description: 'E-mail of the customer.' }),
  created_after: moment().optional().meta({ description: 'Placed at or after this time.' }),
  created_before: moment().optional().meta({ description: 'Placed before this time.' }),
  ordering: z
    .enum(['created_at', '-created_at'], 'Must be created_at or -created_at.')
    .optional()
    .meta({ description: 'Newest first by default.' }),
})

export const ChangeStatusBody = z.object({
  status: z.enum(ORDER_STATUSES, { error: unlessMissing(`Must be one of ${ORDER_STATUSES.join(', ')}.`) }),
})
