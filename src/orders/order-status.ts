/** Those of the column `status` in db/schema.ts, too. */
export const ORDER_STATUSES = ['Pending', 'Shipped', 'Delivered', 'Cancelled'] as const

export type OrderStatus = (typeof ORDER_STATUSES)[number]

/** The one status from which each can be reached; an order begins as Pending. */
export const reachedFrom: Record<OrderStatus, OrderStatus | undefined> = {
  Pending: undefined,
  Shipped: 'Pending',
  Delivered: 'Shipped',
  Cancelled: 'Pending',
}
