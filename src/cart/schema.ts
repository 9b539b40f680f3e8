import * as z from 'zod'
import { MAX_CART_LINES } from '../auth/merge-carts.ts'
import { integer, issue, money, unlessMissing } from '../http/fields.ts'

export const MAX_QUANTITY = 100_000

export const AddToCartBody = z.object({
  product_id: integer(1, Number.MAX_SAFE_INTEGER),
  quantity: integer(1, MAX_QUANTITY).default(1),
})

export const ChangeLineBody = z.object({
  quantity: integer(0, MAX_QUANTITY),
})

const product_id = integer(1, Number.MAX_SAFE_INTEGER)

/** A cart tells at most this many removed products at once. */
export const MAX_REMOVED = 100

/** A cart shows at most this many lines; an order of more would hold what its customer has not seen. */
export const MAX_SHOWN_LINES = MAX_CART_LINES + MAX_REMOVED

/** A line may have a new price and too little stock. */
const MAX_CHANGES = 2 * MAX_SHOWN_LINES

export const SeenChangesBody = z.object({
  changes: z
    .array(
      z.discriminatedUnion(
        'kind',
        [
          z.object({ kind: z.literal('removed'), product_id }),
          z.object({ kind: z.literal('price'), product_id, to: money() }),
          z.object({ kind: z.literal('stock'), product_id, to: integer(0, MAX_QUANTITY) }),
        ],
        { error: unlessMissing(issue('not_one_of', { values: ['removed', 'price', 'stock'] })) },
      ),
      { error: unlessMissing(issue('wrong_type', { expected: 'array' })) },
    )
    .max(MAX_CHANGES, issue('too_many', { max: MAX_CHANGES })),
})
