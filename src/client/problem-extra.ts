import type { FieldError, Order, RowNote } from './api.ts'

/** The additional fields of some problems, by code. */
export interface ProblemExtra {
  invalid_request: InvalidFields
  wrong_password: InvalidFields
  /** The first 200 cells of the file that are wrong. */
  invalid_import: { cell_error_count: number; cell_errors: RowNote[] }
  /** For an order, `items` has every line that exceeds the stock; for a cart or a correction, `available` is the stock. */
  insufficient_stock: { items?: ShortLine[]; available?: number }
  stock_too_large: { available: number }
  total_changed: { total_price: string }
  /** The open orders of the account with their units and value, and their limits; null means no limit. */
  too_many_open_orders: {
    open: { orders: number; units: number; value: string }
    limit: { orders: number | null; units: number | null; value: string | null }
  }
  /** The order as it is now. */
  order_not_cancellable: { order: Order }
  refund_too_large: { available: string }
  /** The lines of which fewer units can come back. */
  return_too_large: { items: { item_id: number; requested: number; available: number }[] }
}

interface InvalidFields {
  errors: Record<string, string[]>
  error_codes: Record<string, FieldError[]>
}

/** A line of an order that exceeds the stock. */
export interface ShortLine {
  product_id: number
  product: string
  requested: number
  available: number
}
