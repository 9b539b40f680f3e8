/** Must match the type of the column `status` in db/schema.ts. */
export const ORDER_STATUSES = ['Pending', 'Shipped', 'Delivered', 'Cancelled'] as const

export type OrderStatus = (typeof ORDER_STATUSES)[number]

/** The only status from which each can be reached; an order starts as Pending. */
export const reachedFrom: Record<OrderStatus, OrderStatus | undefined> = {
  Pending: undefined,
  Shipped: 'Pending',
  Delivered: 'Shipped',
  Cancelled: 'Pending',
}
