import * as z from 'zod'
import { laptop, Product } from '../catalog/openapi.ts'
import { describeFields } from '../openapi/describe-fields.ts'
import { Currency, Id, Money, type Operations, Taxes, Timestamp } from '../openapi/operation.ts'
import { ChangeLineBody, SeenChangesBody } from './schema.ts'

/** Fields that every change has. */
const changed = {
  product_id: Id,
  product: z.string().meta({ description: 'Name of the product.' }),
}

const CartChange = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('removed').meta({ description: 'The product is no longer for sale.' }),
      ...changed,
      from: z.int().positive().meta({ description: 'The quantity that was in the cart.' }),
      to: z.literal(0),
    }),
    z.object({
      kind: z.literal('price'),
      ...changed,
      from: Money.meta({ description: 'The unit price that the customer has seen.' }),
      to: Money.meta({ description: 'The unit price now.' }),
    }),
    z.object({
      kind: z.literal('stock').meta({ description: 'There is less in stock than the cart holds.' }),
      ...changed,
      from: z.int().positive().meta({ description: 'The quantity in the cart.' }),
      to: z.int().min(0).meta({ description: 'The stock now.' }),
    }),
  ])
  .meta({ id: 'CartChange' })
export type CartChange = z.infer<typeof CartChange>

export const Cart = z
  .object({
    id: Id,
    user: z.string().meta({ description: 'E-mail of the customer; empty for a guest.' }),
    items: z.array(z.object({ id: Id, product: Product, quantity: z.int().positive(), total_price: Money })),
    grand_total: Money,
    currency: Currency,
    taxes: Taxes,
    changes: z.array(CartChange).meta({
      description:
        'What has changed since the customer last saw the cart. A change stays until `POST /api/cart/seen/` confirms it. Reading the cart confirms nothing, so that a lost response or another tab loses no change. A shortage is not listed again at the same stock that was confirmed. A change also ends when the price is again the one that the customer has seen, when the stock suffices again, when the line is removed, and when the cart is emptied. Placing an order keeps changes of the kind `removed`.',
    }),
    created_at: Timestamp,
    message: z.string(),
  })
  .meta({ id: 'Cart' })
export type Cart = z.infer<typeof Cart>

export const cart: Cart = {
  id: 1,
  user: 'ann@example.com',
  items: [{ id: 40, product: laptop, quantity: 1, total_price: '1299.99' }],
  grand_total: '1299.99',
  currency: 'EUR',
  taxes: [],
  changes: [{ kind: 'price', product_id: 12, product: 'Laptop', from: '1249.99', to: '1299.99' }],
  created_at: '2026-01-31T12:00:00.000Z',
  message: 'You have 1 item(s) in your cart.',
}
const cartResponse = { description: 'The cart.', schema: Cart, example: cart }

describeFields(ChangeLineBody, { quantity: '0 removes the line.' })
describeFields(SeenChangesBody, {
  changes: 'Changes as they are in `changes` of the cart. Their other fields are ignored.',
})

export const cartOperations: Operations = {
  'GET /api/cart': {
    operationId: 'getCart',
    summary: 'Read the cart',
    description:
      'Returns the lines with the price and stock of each product as they are now. The cart may be empty.',
    access: 'customer',
    responses: { 200: cartResponse },
  },
  'POST /api/cart': {
    operationId: 'addToCart',
    summary: 'Add a product to the cart',
    description:
      'Adds a quantity of one product, 1 by default. If the product is already in the cart, the quantity is added to its line.',
    idempotent: true,
    access: 'customer',
    request: { product_id: 12, quantity: 1 },
    responses: {
      200: {
        ...cartResponse,
        description: 'The cart. The product was already in it, and the quantity was added to its line.',
      },
      201: { ...cartResponse, description: 'The cart, with a new line.' },
    },
    errors: ['not_found', 'insufficient_stock', 'quantity_too_large', 'cart_full', 'total_too_large'],
  },
  'DELETE /api/cart': {
    operationId: 'emptyCart',
    summary: 'Empty the cart',
    description: 'Removes every line. Stock does not change: a cart reserves nothing.',
    access: 'customer',
    responses: { 204: { description: 'The cart is empty.' } },
  },
  'POST /api/cart/seen': {
    operationId: 'confirmCartChanges',
    summary: 'Confirm changes that the customer has seen',
    description:
      'Show `changes` of the cart beside its lines. When the customer dismisses them or orders, send the changes that were shown, each with its `kind`, `product_id` and `to`. If the cart still has a change with the same `to`, the cart drops it; otherwise the cart goes on listing what is true now. Safe to repeat.',
    access: 'customer',
    request: { changes: [{ kind: 'price', product_id: 12, to: '1299.99' }] },
    responses: {
      200: {
        description: 'The cart, with the changes that the customer has not seen.',
        schema: Cart,
        example: { ...cart, changes: [] },
      },
    },
  },
  'PATCH /api/cart/:id': {
    operationId: 'updateCartItem',
    summary: 'Change the quantity of a line',
    description: 'Sets the quantity of one line, by the id of the line; 0 removes it.',
    access: 'customer',
    request: { quantity: 2 },
    responses: { 200: cartResponse },
    errors: ['insufficient_stock', 'total_too_large'],
  },
  'DELETE /api/cart/:id': {
    operationId: 'removeCartItem',
    summary: 'Remove a line',
    description: 'Removes one line, by the id of the line, whatever its quantity.',
    access: 'customer',
    responses: {
      200: {
        description: 'The line has been removed.',
        schema: z.object({ detail: z.string() }),
        example: { detail: 'Item removed from cart successfully.' },
      },
    },
  },
}
