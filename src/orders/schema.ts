import * as z from 'zod'
import { Email, Recipient } from '../accounts/schema.ts'
import { TypedEmail } from '../auth/schema.ts'
import { integer, money, oneOf, timestamp } from '../http/fields.ts'
import { PageQuery } from '../http/page-query.ts'
import { ORDER_STATUSES, PAYMENT_STATUSES } from './order-status.ts'

export const PlaceOrderBody = z.object({
  ship_to: Recipient.optional(),
  email: Email.optional(),
  delivery_option: integer(1, Number.MAX_SAFE_INTEGER).optional(),
  expected_total: money().optional(),
})

export const ListOrdersQuery = PageQuery

export const ListAllOrdersQuery = PageQuery.extend({
  status: oneOf(ORDER_STATUSES).optional(),
  payment: oneOf(PAYMENT_STATUSES).optional(),
  user: integer(1, Number.MAX_SAFE_INTEGER).optional(),
  email: TypedEmail.optional(),
  created_after: timestamp().optional(),
  created_before: timestamp().optional(),
  ordering: oneOf(['created_at', '-created_at']).optional(),
})

export const ChangeStatusBody = z.object({
  status: oneOf(ORDER_STATUSES),
})
