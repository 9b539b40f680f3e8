import { toTaxes } from '../contained-tax.ts'
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
  tax_rate: number | null
  tax_cents: number | null
}

/** A part of the price of delivery. */
interface DeliveryPart {
  rate: number | null
  cents: number
  tax_cents: number | null
}

/** Converts a row to JSON, field by field. */
export function toOrder(row: OrderRow): Order {
  const lines = JSON.parse(row.lines) as Line[]
  return {
    id: row.id,
    user: row.email,
    items: lines.map(({ id, product, product_id, quantity, price_cents, tax_rate, tax_cents }) => ({
      id,
      product,
      product_id,
      quantity,
      price: toMoney(price_cents),
      tax_rate: tax_rate === null ? null : toMoney(tax_rate),
      tax: tax_cents === null ? null : toMoney(tax_cents),
    })),
    delivery:
      row.delivery_name === null ? null : { name: row.delivery_name, price: toMoney(row.delivery_cents) },
    total_price: toMoney(row.total_cents),
    currency: row.currency as Currency,
    taxes: toTaxes([
      ...lines.map((line) => ({
        rate: line.tax_rate,
        gross: line.quantity * line.price_cents,
        tax: line.tax_cents,
      })),
      ...(JSON.parse(row.delivery_parts ?? '[]') as DeliveryPart[]).map(({ rate, cents, tax_cents }) => ({
        rate,
        gross: cents,
        tax: tax_cents,
      })),
    ]),
    payment: toPayment(row),
    status: row.status,
    ship_to: {
      name: row.ship_name,
      phone: row.ship_phone,
      address: row.ship_address,
      country: row.ship_country,
      postal_code: row.ship_postal_code,
      city: row.ship_city,
      line1: row.ship_line1,
      line2: row.ship_line2,
    },
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
