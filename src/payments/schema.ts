import * as z from 'zod'
import { integer, money, text } from '../http/fields.ts'

const ReturnUrl = text(1, 2000).refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), {
  error: 'Must be an address such as https://shop.example/thanks.',
  abort: true,
})

export const OpenPageBody = z.object({
  success_url: ReturnUrl.optional().meta({
    description: 'Where the customer goes after paying; its origin must be one that the shop allows.',
  }),
  cancel_url: ReturnUrl.optional().meta({ description: 'Where the customer goes without paying.' }),
})

export const RefundBody = z.object({
  amount: money()
    .refine((cents) => cents > 0, 'Must be more than 0.00.')
    .optional()
    .meta({ description: 'All that is left by default.' }),
  reason: text(1, 500).optional().meta({ description: 'For the ledger.' }),
  restock: z
    .array(z.object({ item_id: integer(1, Number.MAX_SAFE_INTEGER), quantity: integer(1, 100_000) }))
    .max(100, 'Must have at most 100 lines.')
    .default([])
    .meta({ description: 'Units that came back and are sold again.' }),
})
