import * as z from 'zod'
import { MAX_QUANTITY, MAX_SHOWN_LINES } from '../cart/schema.ts'
import { integer, issue, money, text } from '../http/fields.ts'
import { MAX_CENTS, toMoney } from '../money.ts'

const ReturnUrl = text(1, 2000).refine((value) => /^https?:\/\/[^/\\]/.test(value) && URL.canParse(value), {
  error: issue('not_url'),
  abort: true,
})

export const OpenCheckoutBody = z.object({
  success_url: ReturnUrl.optional(),
  cancel_url: ReturnUrl.optional(),
})

export const RefundBody = z.object({
  amount: money()
    .refine((cents) => cents > 0, issue('not_amount', { min: toMoney(1), max: toMoney(MAX_CENTS) }))
    .optional(),
  reason: text(1, 500).optional(),
  restock: z
    .array(z.object({ item_id: integer(1, Number.MAX_SAFE_INTEGER), quantity: integer(1, MAX_QUANTITY) }))
    .max(MAX_SHOWN_LINES, issue('too_many', { max: MAX_SHOWN_LINES }))
    .default([]),
})
