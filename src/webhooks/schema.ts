import * as z from 'zod'
import { issue, oneOf, text } from '../http/fields.ts'
import { PageQuery } from '../http/page-query.ts'
import { isPublicAddress } from './public-address.ts'

/** What an endpoint may choose; a test message has the type `webhook.test`. */
export const WEBHOOK_TYPES = [
  'order.placed',
  'order.paid',
  'order.shipped',
  'order.delivered',
  'order.cancelled',
  'order.refunded',
  'product.low_stock',
] as const

/** Must match the constraint `delivery_state_known`. */
export const DELIVERY_STATES = ['waiting', 'asked', 'delivered', 'parked'] as const

const active = z.boolean()

const url = text(1, 500).refine((address) => isPublicAddress(address), {
  error: issue('not_public_address'),
  abort: true,
})

const types = z
  .array(oneOf(WEBHOOK_TYPES))
  .min(1, issue('empty'))
  .max(WEBHOOK_TYPES.length, issue('too_many', { max: WEBHOOK_TYPES.length }))

export const CreateWebhookBody = z.object({ url, types, active: active.default(true) })
export const UpdateWebhookBody = z.object({
  url: url.optional(),
  types: types.optional(),
  active: active.optional(),
})

export const ListDeliveriesQuery = PageQuery.extend({
  state: oneOf(DELIVERY_STATES).optional(),
})
