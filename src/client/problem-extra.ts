import type { Order } from '../orders/openapi.ts'

/** What some problems carry beside their sentence. */
export interface ProblemExtra {
  invalid_request: { errors: Record<string, string[]> }
  wrong_password: { errors: Record<string, string[]> }
  /** For an order every short line; for a cart or a correction what is available. */
  insufficient_stock: { items?: ShortLine[]; available?: number }
  stock_too_large: { available: number }
  total_changed: { total_price: string }
  /** The order as it is. */
  order_not_cancellable: { order: Order }
}

interface ShortLine {
  product_id: number
  product: string
  requested: number
  available: number
}
