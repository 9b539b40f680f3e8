import type { ErrorCode } from '../errors.ts'
import { order, type Order } from '../orders/docs.ts'

/** What some refusals tell beside the sentence. */
export interface Members {
  invalid_request: { errors: Record<string, string[]> }
  wrong_password: { errors: Record<string, string[]> }
  /** For an order every short line, for a cart or a correction what there is. */
  insufficient_stock: { items?: ShortLine[]; available?: number }
  stock_too_large: { available: number }
  total_changed: { total_price: string }
  /** As it is. */
  order_not_cancellable: { order: Order }
}

interface ShortLine {
  product_id: number
  product: string
  requested: number
  available: number
}

/** An example of each. */
export const members: { [Code in ErrorCode]?: Code extends keyof Members ? Members[Code] : object } = {
  invalid_request: { errors: { quantity: ['Must be a whole number from 1 to 100000.'] } },
  wrong_password: { errors: { current_password: ['This is not the current password.'] } },
  insufficient_stock: { items: [{ product_id: 12, product: 'Laptop', requested: 3, available: 2 }] },
  stock_too_large: { available: 10 },
  total_changed: { total_price: '1349.99' },
  order_not_cancellable: { order: { ...order, status: 'Shipped' } },
}
