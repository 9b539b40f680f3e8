import type { OrderStatus } from '../db/schema.ts'

export type { OrderStatus }

export const ORDER_STATUSES = [
  'Pending',
  'Shipped',
  'Delivered',
  'Cancelled',
] as const satisfies OrderStatus[]

/** The one status from which each can be reached; an order begins as Pending. */
export const reachedFrom: Record<OrderStatus, OrderStatus | undefined> = {
  Pending: undefined,
  Shipped: 'Pending',
  Delivered: 'Shipped',
  Cancelled: 'Pending',
}
