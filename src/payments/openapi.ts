import * as z from 'zod'
import { describeFields } from '../openapi/describe-fields.ts'
import { Currency, Id, listOf, Money, onePage, type Operations, Timestamp } from '../openapi/operation.ts'
import { OpenCheckoutBody, RefundBody } from './schema.ts'

const Page = z
  .object({
    url: z.url().meta({ description: 'The page at Stripe; send the customer there.' }),
    expires_at: Timestamp.meta({ description: 'Until then the page can be used.' }),
  })
  .meta({ id: 'PaymentPage' })
export type PaymentPage = z.infer<typeof Page>

const Refund = z
  .object({
    id: Id,
    order_id: Id,
    amount: Money,
    currency: Currency,
    status: z.enum(['requested', 'pending', 'succeeded', 'failed']),
    reason: z.string().nullable(),
    failure: z.string().nullable().meta({ description: 'Why the refund failed, as a code of Stripe.' }),
    stripe_id: z.string().nullable(),
    created_at: Timestamp,
  })
  .meta({ id: 'Refund' })
export type Refund = z.infer<typeof Refund>

export const LedgerEntry = z
  .object({
    id: Id,
    order_id: Id,
    kind: z.enum(['paid', 'refund_requested', 'refunded', 'refund_failed', 'refund_reversed', 'dispute']),
    amount: Money,
    currency: Currency.or(z.string()).meta({
      description:
        "The currency of the amount. A payment in another currency than the order's does not pay the order, and the shop refunds it.",
    }),
    stripe_id: z
      .string()
      .nullable()
      .meta({ description: 'The id at Stripe of the payment, the refund or the dispute.' }),
    note: z.string().nullable().meta({
      description: 'Why staff refunded, why a refund failed, or the status of a dispute.',
    }),
    actor: z.string().nullable().meta({
      description: 'E-mail of the account that acted, empty for a deleted account; null for the shop itself.',
    }),
    at: Timestamp,
  })
  .meta({ id: 'PaymentLedgerEntry' })
export type LedgerEntry = z.infer<typeof LedgerEntry>

const refund: Refund = {
  id: 3,
  order_id: 5,
  amount: '20.00',
  currency: 'EUR',
  status: 'requested',
  reason: 'A scratch on the lid',
  failure: null,
  stripe_id: null,
  created_at: '2026-01-31T12:00:00.000Z',
}

const entry: LedgerEntry = {
  id: 7,
  order_id: 5,
  kind: 'paid',
  amount: '1299.99',
  currency: 'EUR',
  stripe_id: 'pi_3PqB5e2eZvKYlo2C',
  note: null,
  actor: null,
  at: '2026-01-31T12:00:00.000Z',
}

describeFields(OpenCheckoutBody, {
  success_url: 'Where the customer goes after paying; its origin must be one that the shop allows.',
  cancel_url:
    'Where a customer who leaves the page without paying goes; its origin must be one that the shop allows.',
})
describeFields(RefundBody, {
  amount:
    'By default all that is left of the payment that paid the order or, if that is nothing, of the oldest other payment.',
  reason: 'Shown in the ledger.',
  restock: 'Units that came back and are sold again.',
})

export const paymentOperations: Operations = {
  'POST /api/orders/:id/payment': {
    operationId: 'openPaymentPage',
    summary: 'Open the page to pay an order',
    description:
      'Returns the address of a page at Stripe. While that page is open, a repeat returns the same page; an order never has two open pages. However the customer comes back, `payment` of the order and an event of its stream say whether it has been paid. A shop that takes no payments answers 404.',
    access: 'customer',
    request: { success_url: 'https://shop.example/thanks', cancel_url: 'https://shop.example/cart' },
    responses: {
      200: {
        description: 'The page.',
        schema: Page,
        example: {
          url: 'https://checkout.stripe.com/c/pay/cs_test_a1',
          expires_at: '2026-01-31T13:00:00.000Z',
        },
      },
    },
    errors: ['order_paid', 'order_cancelled', 'nothing_to_pay', 'payment_open', 'payment_unavailable'],
  },
  'POST /api/payments/stripe': {
    operationId: 'receiveStripeEvent',
    summary: 'Receive an event of Stripe',
    description:
      'Called by Stripe alone, with a `Stripe-Signature` over the body. A 2xx response means that the event has been applied, or that it does not concern this shop. A shop that takes no payments answers 404.',
    access: 'public',
    responses: { 204: { description: 'Applied.' } },
    errors: ['signature_invalid', 'payment_unavailable', 'not_found'],
  },
  'POST /api/admin/orders/:id/refunds': {
    operationId: 'refundOrder',
    summary: 'Refund an order, in whole or in part',
    description:
      'Records the refund and then requests it from Stripe; the ledger shows what becomes of it. `restock` returns units to the stock. A shop that takes no payments answers 404.',
    access: 'staff',
    idempotent: true,
    request: { amount: '20.00', reason: 'A scratch on the lid', restock: [{ item_id: 9, quantity: 1 }] },
    responses: { 202: { description: 'The refund.', schema: Refund, example: refund } },
    errors: ['refund_too_large', 'return_too_large', 'payment_disputed'],
  },
  'GET /api/admin/orders/:id/payments': {
    operationId: 'listPaymentLedger',
    summary: "List the ledger of an order's money",
    description:
      'Returns the payments, refunds and disputes of the order, newest first. There is an entry when a payment is paid, when a refund is requested, succeeds, fails or comes back, and when a dispute gets a new status. Entries never change, except that deleting the account of the customer removes `note`. `stripe_id` is null in an entry from before Stripe made the refund.',
    access: 'staff',
    responses: {
      200: {
        description: 'A page of entries, newest first.',
        schema: listOf(LedgerEntry, 'PaymentLedgerEntryList'),
        example: onePage(entry),
      },
    },
  },
}
