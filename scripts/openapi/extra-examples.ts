import type { ProblemExtra } from '../../src/client/problem-extra.ts'
import type { ErrorCode } from '../../src/errors.ts'
import { order } from '../../src/orders/openapi.ts'

/** An example of the extra fields of each problem. */
export const extraExamples: {
  [Code in ErrorCode]?: Code extends keyof ProblemExtra ? ProblemExtra[Code] : object
} = {
  invalid_request: {
    errors: { quantity: ['Must be a whole number from 1 to 100000.'] },
    error_codes: { quantity: [{ code: 'not_integer', min: 1, max: 100_000 }] },
  },
  wrong_password: {
    errors: { current_password: ['This is not the current password.'] },
    error_codes: { current_password: [{ code: 'wrong_password' }] },
  },
  invalid_import: {
    cell_error_count: 1,
    cell_errors: [
      {
        row: 3,
        column: 'price',
        code: 'not_amount',
        message: 'Must be an amount from 0.00 to 99999999.99 with at most two decimal places.',
      },
    ],
  },
  insufficient_stock: { items: [{ product_id: 12, product: 'Laptop', requested: 3, available: 2 }] },
  stock_too_large: { available: 10 },
  total_changed: { total_price: '1349.99' },
  too_many_open_orders: {
    open: { orders: 50, units: 61, value: '2399.00' },
    limit: { orders: 50, units: 10_000, value: '100000.00' },
  },
  refund_too_large: { available: '10.00' },
  return_too_large: { items: [{ item_id: 9, requested: 2, available: 1 }] },
  order_not_cancellable: { order: { ...order, status: 'Shipped' } },
}
