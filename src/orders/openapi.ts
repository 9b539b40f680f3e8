import * as z from 'zod'
import { describeFields } from '../openapi/describe-fields.ts'
import {
  Currency,
  Id,
  listOf,
  Money,
  onePage,
  type Operation,
  type Operations,
  Taxes,
  TaxRate,
  Timestamp,
} from '../openapi/operation.ts'
import { AddressFields, noAddressFields } from '../accounts/openapi.ts'
import { ORDER_STATUSES, PAYMENT_STATUSES } from './order-status.ts'
import { ListAllOrdersQuery, PlaceOrderBody } from './schema.ts'

const Payment = z
  .object({
    status: z.enum(PAYMENT_STATUSES),
    amount: Money,
    currency: Currency,
    refunded: Money.meta({ description: 'What Stripe has paid back.' }),
    due_by: Timestamp.nullable().meta({
      description: 'After this moment the shop may cancel the order; null unless the payment is due.',
    }),
  })
  .meta({ id: 'Payment' })

export const Order = z
  .object({
    id: Id,
    user: z
      .string()
      .meta({ description: 'E-mail of the customer; empty once the account has been deleted.' }),
    items: z.array(
      z.object({
        id: Id,
        product: z.string().meta({ description: 'Name of the product when the order was placed.' }),
        product_id: Id,
        quantity: z.int().positive(),
        price: Money.meta({ description: 'Unit price when the order was placed.' }),
        tax_rate: TaxRate.nullable().meta({ description: 'Null if no rate applied.' }),
        tax: Money.nullable().meta({ description: 'Tax contained in the price of all units.' }),
      }),
    ),
    delivery: z.object({ name: z.string(), price: Money }).nullable().meta({
      description:
        'The delivery as it was when the order was placed; null if the shop had no active delivery options then.',
    }),
    total_price: Money.meta({ description: 'The sum of the lines and the delivery.' }),
    currency: Currency,
    taxes: Taxes,
    payment: Payment.nullable().meta({ description: 'Null if the shop took no payment for this order.' }),
    status: z.enum(ORDER_STATUSES),
    ship_to: z.object({
      name: z.string(),
      phone: z.string(),
      address: z.string().nullable(),
      ...AddressFields,
    }),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({ id: 'Order' })
export type Order = z.infer<typeof Order>

export const Event = z
  .object({
    id: Id,
    order_id: Id,
    from: z.enum(ORDER_STATUSES).nullable(),
    to: z.enum(ORDER_STATUSES),
    actor: z.string().nullable().meta({
      description:
        'E-mail of the account that acted, empty for a guest or a deleted account; null for the shop itself. Of the changes of a payment only a requested refund has an actor.',
    }),
    at: Timestamp,
  })
  .meta({ id: 'OrderEvent' })
export type Event = z.infer<typeof Event>

/** One message of a stream of order events. */
export const OrderStreamMessage = z
  .object({
    id: Id.meta({ description: 'Always increasing. Send the last one as `since` to resume from there.' }),
    type: z.enum(['order.created', 'order.status_changed', 'order.payment_changed']),
    status: z.enum(ORDER_STATUSES).meta({ description: 'The status after this event.' }),
    order: Order.meta({ description: 'The order as it is when the message is sent.' }),
    at: Timestamp,
  })
  .meta({ id: 'OrderStreamMessage' })

export type OrderStreamMessage = z.infer<typeof OrderStreamMessage>

const event: Event = {
  id: 8,
  order_id: 5,
  from: 'Pending',
  to: 'Shipped',
  actor: 'staff@example.com',
  at: '2026-01-31T12:00:00.000Z',
}

export const order: Order = {
  id: 5,
  user: 'ann@example.com',
  items: [
    { id: 9, product: 'Laptop', product_id: 12, quantity: 1, price: '1299.99', tax_rate: null, tax: null },
  ],
  delivery: null,
  total_price: '1299.99',
  currency: 'EUR',
  taxes: [],
  payment: null,
  status: 'Pending',
  ship_to: {
    name: 'Ann Example',
    phone: '+44 20 7946 0000',
    address: '1 High Street, London',
    ...noAddressFields,
  },
  created_at: '2026-01-31T12:00:00.000Z',
  updated_at: '2026-01-31T12:00:00.000Z',
}

const orderResponse = { description: 'The order.', schema: Order, example: order }
const orderList = {
  description: 'A page of orders.',
  schema: listOf(Order, 'OrderList'),
  example: onePage(order),
}

const placing: Omit<Operation, 'operationId'> = {
  summary: 'Place an order',
  description:
    'Turns the cart into an order, all or nothing: takes the stock and empties the cart. `ship_to` defaults to the profile. Where the shop has active delivery options, `delivery_option` is required, and the total includes its price. An account may leave out the body if no delivery option is required. A guest must send `email`, and also `ship_to` if the profile of the guest has no name.',
  access: 'customer',
  idempotent: true,
  request: { expected_total: '1299.99' },
  responses: { 201: { ...orderResponse, headers: ['Location'] } },
  errors: [
    'cart_empty',
    'cart_full',
    'insufficient_stock',
    'total_changed',
    'total_too_large',
    'total_too_small',
    'too_many_open_orders',
    'delivery_unavailable',
  ],
}

describeFields(PlaceOrderBody, {
  ship_to: 'Where to ship the order; defaults to the profile.',
  email: 'Required of a guest: where the shop reaches them. An account can send only its own e-mail.',
  delivery_option:
    'Id of an option of `GET /api/delivery-options/`; required if the shop has active options.',
  expected_total: 'The request fails if the total, including the delivery, is different.',
})
describeFields(ListAllOrdersQuery, {
  payment: 'Only orders whose payment has this status.',
  user: 'Only orders of the customer with this id.',
  email: 'Only orders of the customer, or of guests, with this e-mail.',
  created_after: 'Placed at or after this time.',
  created_before: 'Placed before this time.',
  ordering: 'Newest first by default.',
})

export const orderOperations: Operations = {
  'GET /api/orders': {
    operationId: 'listOrders',
    summary: 'List your orders, newest first',
    description: 'Returns the orders of the account that is logged in, as they are now.',
    access: 'customer',
    responses: { 200: orderList },
  },
  'POST /api/orders': { ...placing, operationId: 'createOrder' },
  'POST /api/orders/create': { ...placing, operationId: 'placeOrder' },
  'GET /api/orders/:id': {
    operationId: 'getOrder',
    summary: 'Read one of your orders',
    description:
      'Returns one order of the account that is logged in; the order of another account is 404. Names, prices and address are those of the moment when it was placed.',
    access: 'customer',
    responses: { 200: orderResponse },
  },
  'POST /api/orders/:id/cancel': {
    operationId: 'cancelOrder',
    summary: 'Cancel a pending order',
    idempotent: true,
    description:
      'Cancels the order and restocks its units, once, even if the request is repeated. If a page to pay the order is open, the shop closes it first. If the order has been paid, the shop refunds the money.',
    access: 'customer',
    responses: {
      200: {
        description: 'The order has been cancelled.',
        schema: z.object({ detail: z.string(), order: Order }),
        example: {
          detail: 'Order has been successfully cancelled.',
          order: { ...order, status: 'Cancelled' },
        },
      },
    },
    errors: ['order_not_cancellable', 'payment_open', 'payment_unavailable'],
  },
  'GET /api/admin/orders': {
    operationId: 'listOrdersAsStaff',
    summary: 'List all orders',
    description:
      'Returns the orders of every account, newest first, or oldest first with `ordering=created_at`.',
    access: 'staff',
    responses: { 200: orderList },
  },
  'GET /api/admin/orders/:id': {
    operationId: 'getOrderAsStaff',
    summary: 'Read an order',
    description: 'Returns an order of any account, as it is now.',
    access: 'staff',
    responses: { 200: orderResponse },
  },
  'PATCH /api/admin/orders/:id': {
    operationId: 'changeOrderStatus',
    summary: 'Change the status of an order',
    description:
      'An order moves from Pending to Shipped and then to Delivered, or from Pending to Cancelled. Cancelling restocks the order and refunds what was paid. An order whose payment is due cannot be shipped. For an hour after it became Shipped, an order can become Pending again; its customer receives an event, as for every change of status. Setting the current status changes nothing.',
    access: 'staff',
    request: { status: 'Shipped' },
    responses: { 200: { ...orderResponse, example: { ...order, status: 'Shipped' } } },
    errors: ['invalid_transition', 'payment_due', 'payment_open', 'payment_unavailable'],
  },
  'GET /api/admin/orders/:id/events': {
    operationId: 'listOrderEvents',
    summary: 'List the events of an order',
    description:
      'Returns every change of the status of the order, with the account that made it, and every change of its payment, newest first. In a change of payment, `from` equals `to`; the ledger of the payments says what changed. For an order of nothing to pay, which is paid at once, the ledger is empty.',
    access: 'staff',
    responses: {
      200: {
        description: 'A page of events, newest first.',
        schema: listOf(Event, 'OrderEventList'),
        example: onePage(event),
      },
    },
  },
}
