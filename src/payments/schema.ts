import * as z from 'zod'
import { MAX_QUANTITY, MAX_SHOWN_LINES } from '../cart/schema.ts'
import { integer, issue, money, text } from '../http/fields.ts'
import { MAX_CENTS, toMoney } from '../money.ts'

const ReturnUrl = text(1, 2000).refine((value) => /^https?:\/\/[^/\\]/.test(value) && URL.canParse(value), {
  error: issue('not_url'),
  abort: true,
})

export const OpenCheckoutBody = z.object({
  success_url: ReturnUrl.optional().meta({
    description: 'Where the customer goes after paying; its origin must be one that the shop allows.',
  }),
  cancel_url: ReturnUrl.optional().meta({
    description:
      'Where a customer who leaves the page without paying goes; its origin must be one that the shop allows.',
  }),
})

export const RefundBody = z.object({
  amount: money()
    .refine((cents) => cents > 0, issue('not_amount', { min: toMoney(1), max: toMoney(MAX_CENTS) }))
    .optional()
    .meta({
      description:
        'By default all that is left of the payment that paid the order or, if that is nothing, of the oldest other payment.',
    }),
  reason: text(1, 500).optional().meta({ description: 'Shown in the ledger.' }),
  restock: z
    .array(z.object({ item_id: integer(1, Number.MAX_SAFE_INTEGER), quantity: integer(1, MAX_QUANTITY) }))
    .max(MAX_SHOWN_LINES, issue('too_many', { max: MAX_SHOWN_LINES }))
    .default([])
    .meta({ description: 'Units that came back and are sold again.' }),
})
