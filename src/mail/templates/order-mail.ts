import type { Order } from '../../orders/openapi.ts'
import type { Block, Mail } from './mail.ts'

/** The events of an order that its customer gets a mail about. */
export const ORDER_MAIL_TYPES = ['placed', 'paid', 'shipped', 'cancelled', 'refunded'] as const

export type OrderMailType = (typeof ORDER_MAIL_TYPES)[number]

/** What a mail about an order says beside the order as it is now. Amounts are decimal strings. */
export interface OrderMailContext {
  /** Links begin with it. */
  shop: URL
  /** The refund that a mail of the type `refunded` is about. */
  refund: { amount: string; currency: string } | undefined
  /**
   * Whether the owner of the address has confirmed it. Else the mail has no text that the customer has typed: anybody
   * could have the shop send texts to strangers.
   */
  confirmed: boolean
}

export function orderMail(type: OrderMailType, order: Order, context: OrderMailContext): Mail {
  const { subject, blocks } = templates[type](order, context)
  const link = { label: 'See your order', url: new URL(`/#/order/${order.id}`, context.shop).href }
  return { subject, blocks: [...blocks, link] }
}

const templates: Record<OrderMailType, (order: Order, context: OrderMailContext) => Mail> = {
  placed: (order, context) => ({
    subject: `We have received your order ${order.id}`,
    blocks: [
      `Thank you for your order. Its number is ${order.id}.`,
      linesOf(order),
      ...recipientOf('We send it to', order, context),
      ...(order.payment?.status === 'due' ? ['We send it as soon as it is paid.'] : []),
    ],
  }),
  paid: (order) => ({
    subject: `We have received your payment for order ${order.id}`,
    blocks: [`Thank you. We have received ${priceOf(order)} for your order ${order.id}.`, linesOf(order)],
  }),
  shipped: (order, context) => ({
    subject: `Your order ${order.id} is on its way`,
    blocks: [
      `We have handed over your order ${order.id} for delivery.`,
      ...recipientOf('It goes to', order, context),
      linesOf(order),
    ],
  }),
  cancelled: (order) => ({
    subject: `Your order ${order.id} has been cancelled`,
    blocks: [
      `Your order ${order.id} has been cancelled and will not be sent.`,
      ...(order.payment?.status === 'refunding' ? ['We will refund what you paid for it.'] : []),
      ...(order.payment?.status === 'refunded' ? ['What you paid for it has been paid back.'] : []),
      linesOf(order),
    ],
  }),
  refunded: (order, { refund }) => ({
    subject: `A refund for your order ${order.id}`,
    blocks: [
      refund
        ? `We have refunded ${refund.amount} ${refund.currency} of your order ${order.id}.`
        : `We have refunded a payment of your order ${order.id}.`,
      'It can take some days until your bank shows it.',
    ],
  }),
}

function linesOf(order: Order): Block {
  return [
    ...order.items.map(
      ({ product, quantity, price }) => `${quantity} × ${product}, ${price} ${order.currency} each`,
    ),
    ...(order.delivery ? [`${order.delivery.name}, ${order.delivery.price} ${order.currency}`] : []),
    `Total: ${priceOf(order)}`,
    ...order.taxes.map(({ rate, tax }) => `including ${tax} ${order.currency} of tax at ${rate} %`),
  ]
}

function recipientOf(title: string, { ship_to }: Order, { confirmed }: OrderMailContext): Block[] {
  if (!confirmed) return []
  const { name, address, line1, line2, postal_code, city, country } = ship_to
  const town = [postal_code, city].filter((part) => part !== null).join(' ')
  const lines = [name, line1, line2, ...(address?.split(/\r\n|\r|\n/) ?? []), town || null, country]
  return [[`${title}:`, ...lines.filter((line) => line !== null)]]
}

function priceOf({ total_price, currency }: Order): string {
  return `${total_price} ${currency}`
}
