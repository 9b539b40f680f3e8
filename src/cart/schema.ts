import * as z from 'zod'
import { integer } from '../http/fields.ts'

export const MAX_QUANTITY = 100_000

export const AddToCartBody = z.object({
  product_id: integer(1, Number.MAX_SAFE_INTEGER),
  quantity: integer(1, MAX_QUANTITY).default(1),
})

export const ChangeLineBody = z.object({
  quantity: integer(0, MAX_QUANTITY).meta({ description: '0 removes the line.' }),
})
