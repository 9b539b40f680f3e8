/** Must match the type of the column `status` in db/schema.ts. */
export const ORDER_STATUSES = ['Pending', 'Shipped', 'Delivered', 'Cancelled'] as const

export type OrderStatus = (typeof ORDER_STATUSES)[number]

/**
 * Status of the payment of an order; null if the shop took none. An order that is refunded in part is still paid,
 * `refunding` means that money is on its way back or has to go back, `cancelled` that the order ended without money.
 */
export const PAYMENT_STATUSES = ['due', 'paid', 'refunding', 'refunded', 'cancelled'] as const

export type PaymentStatus = (typeof PAYMENT_STATUSES)[number]

/** The only status from which each can be reached; an order starts as Pending. */
export const reachedFrom: Record<OrderStatus, OrderStatus> = {
  /** By taking back a mistaken `Shipped`, within `TAKE_BACK_MILLISECONDS`. */
  Pending: 'Shipped',
  Shipped: 'Pending',
  Delivered: 'Shipped',
  Cancelled: 'Pending',
}

/** How long after an order became Shipped staff can make it Pending again. */
export const TAKE_BACK_MILLISECONDS = 60 * 60 * 1000
