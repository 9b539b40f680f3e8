import * as z from 'zod'
import { laptop, Product } from '../catalog/openapi.ts'
import { Currency, Id, Moment, Money, type Operations } from '../openapi/operation.ts'

const Cart = z
  .object({
    id: Id,
    user: z.string().meta({ description: 'E-mail of the customer.' }),
    items: z.array(z.object({ id: Id, product: Product, quantity: z.int().positive(), total_price: Money })),
    grand_total: Money,
    currency: Currency,
    created_at: Moment,
    message: z.string(),
  })
  .meta({ id: 'Cart' })
export type Cart = z.infer<typeof Cart>

const cart: Cart = {
  id: 1,
  user: 'ann@example.com',
  items: [{ id: 40, product: laptop, quantity: 1, total_price: '1299.99' }],
  grand_total: '1299.99',
  currency: 'EUR',
  created_at: '2026-01-31T12:00:00.000Z',
  message: 'You have 1 item(s) in your cart.',
}
const cartAnswer = { description: 'The cart.', schema: Cart, example: cart }

export const cartOperations: Operations = {
  'GET /api/cart': { summary: 'Read the cart', access: 'customer', answers: { 200: cartAnswer } },
  'POST /api/cart': {
    summary: 'Add a product to the cart',
    idempotent: true,
    access: 'customer',
    request: { product_id: 12, quantity: 1 },
    answers: {
      200: {
        ...cartAnswer,
        description: 'The cart. The product was already in it, and the quantity was added to its line.',
      },
      201: { ...cartAnswer, description: 'The cart, with a new line.' },
    },
    refusals: ['not_found', 'insufficient_stock', 'quantity_too_large', 'cart_full', 'total_too_large'],
  },
  'DELETE /api/cart': {
    summary: 'Empty the cart',
    access: 'customer',
    answers: { 204: { description: 'The cart is empty.' } },
  },
  'PATCH /api/cart/:id': {
    summary: 'Change the quantity of a line',
    access: 'customer',
    request: { quantity: 2 },
    answers: { 200: cartAnswer },
    refusals: ['insufficient_stock', 'total_too_large'],
  },
  'DELETE /api/cart/:id': {
    summary: 'Remove a line',
    access: 'customer',
    answers: {
      200: {
        description: 'The line has been removed.',
        schema: z.object({ detail: z.string() }),
        example: { detail: 'Item removed from cart successfully.' },
      },
    },
  },
}
