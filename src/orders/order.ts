import type { Currency } from '../currency.ts'
import { toMoney } from '../money.ts'
import type { Event, Order } from './openapi.ts'
import type { OrderStatus } from './order-status.ts'
import type { OrderRow } from './queries.ts'

interface Line {
  id: number
  product: string
  product_id: number
  quantity: number
  price_cents: number
}

/** Converts a row to JSON, field by field. */
export function toOrder(row: OrderRow): Order {
  const lines = JSON.parse(row.lines) as Line[]
  return {
    id: row.id,
    user: row.email,
    items: lines.map(({ id, product, product_id, quantity, price_cents }) => ({
      id,
      product,
      product_id,
      quantity,
      price: toMoney(price_cents),
    })),
    total_price: toMoney(row.total_cents),
    currency: row.currency as Currency,
    payment: toPayment(row),
    status: row.status,
    ship_to: { name: row.ship_name, phone: row.ship_phone, address: row.ship_address },
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  }
}

function toPayment({ payment_status, total_cents, currency, refunded_cents, due_by }: OrderRow) {
  if (payment_status === null) return null
  return {
    status: payment_status,
    amount: toMoney(total_cents),
    currency: currency as Currency,
    refunded: toMoney(refunded_cents),
    due_by: payment_status === 'due' ? new Date(due_by!).toISOString() : null,
  }
}

interface EventRow {
  id: number
  order_id: number
  from_status: OrderStatus | null
  to_status: OrderStatus
  email: string | null
  at: number
}

export function toEvent({ id, order_id, from_status, to_status, email, at }: EventRow): Event {
  return { id, order_id, from: from_status, to: to_status, actor: email, at: new Date(at).toISOString() }
}
