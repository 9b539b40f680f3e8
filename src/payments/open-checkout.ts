import { type RawBuilder, sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { LIVE_PAYMENT } from '../db/live-payment.ts'
import type { OrderStatus } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { NO_SUCH_ORDER } from '../orders/queries.ts'
import { applySession } from './apply-session.ts'
import { checkoutEnd, checkoutParameters } from './checkout-parameters.ts'
import { createCheckoutSession } from './create-checkout-session.ts'
import type { PaymentContext } from './payment-context.ts'
import { type PaymentRow, selectLivePayment } from './queries.ts'
import { paymentUnavailable, unavailable } from './stripe-error.ts'

interface Opening {
  order_id: number
  user_id: number
  /** Where Stripe sends the customer afterwards. */
  success_url: string
  cancel_url: string
  /** Whether a payment may begin; one that has begun goes on. */
  may_begin: boolean
  /** Makes a random key for a new payment. */
  newKey: () => string
}

export interface CheckoutPage {
  url: string
  /** Milliseconds since 1970. */
  expires_at: number
}

/** When Stripe is asked about a new payment, if no event comes. */
const FIRST_CHECK_MILLISECONDS = 4 * 60_000

/** Only the first payments of an order prolong its time to pay: if Stripe refuses all, goods must not be held for ever. */
const MAX_PROLONGING_PAYMENTS = 3

/** A page ends at a whole second, so it may end up to this long after `due_by` without prolonging the time to pay. */
const ROUNDING_MILLISECONDS = 1000

/** Payments that one request looks at: one that turns out to be over makes room for another. */
const MAX_PAYMENTS_PER_REQUEST = 2

/**
 * Opens the page on which an order of this customer is paid, or returns the one that is open: an order has one at a
 * time. The payment is a row before Stripe is asked, and its address is given away only once it is stored, so that a
 * lost answer loses nothing. Throws `not_found`, `nothing_to_pay`, `order_paid`, `order_cancelled`, `payment_open` or
 * `payment_unavailable`.
 */
export async function openCheckout(context: PaymentContext, db: Db, opening: Opening): Promise<CheckoutPage> {
  for (let tried = 0; tried < MAX_PAYMENTS_PER_REQUEST; tried += 1) {
    db.readFrom('first-primary') // a replica may not have what the first look has written of Stripe's answer
    const [[order], [live], [shop]] = await db.batch([
      selectOrder(opening),
      selectLivePayment(opening.order_id),
      build.selectFrom('shop_identity').select('id'),
    ])
    const payable = requirePayable(order, live !== undefined, context.now)
    if (!live && !opening.may_begin)
      throw new AppError('payment_unavailable', 'The shop takes no payments at the moment.')
    const payment = live ?? (await insertPayment(db, payable, shop!.id, opening, context.now))
    if (payment === undefined) continue // the order has changed meanwhile
    const { state, url, expires_at } = await nowAtStripe(context, payment)
    if (state === 'open' && url !== null) return { url, expires_at }
    if (state === 'processing')
      throw new AppError(
        'payment_open',
        'A payment of this order is being processed. Please wait for its result.',
      )
  }
  throw paymentUnavailable()
}

/** A payment as it is at Stripe; as it is here if Stripe does not answer while its page is open. */
async function nowAtStripe(context: PaymentContext, payment: PaymentRow): Promise<PaymentRow> {
  if (payment.session_id === null) return createCheckoutSession(context, payment)
  const stripe = await context.stripe()
  let session
  try {
    session = await stripe.checkout.sessions.retrieve(payment.session_id)
  } catch (error) {
    const problem = unavailable(error)
    if (payment.state === 'open' && payment.expires_at > context.now) return payment
    throw problem
  }
  return applySession(context, payment, session)
}

interface OrderToPay {
  id: number
  email: string
  total_cents: number
  currency: string
  status: OrderStatus
  /** Milliseconds since 1970. */
  due_by: number | null
  paid_at: number | null
  delivery_cents: number
  delivery_name: string | null
  lines: string
  /** How many there have been. */
  payments: number
}

function selectOrder({ order_id, user_id }: Opening) {
  return build
    .selectFrom('orders')
    .where('id', '=', order_id)
    .where('user_id', '=', user_id)
    .select([
      'id',
      'email',
      'total_cents',
      'currency',
      'status',
      'due_by',
      'paid_at',
      'delivery_cents',
      'delivery_name',
    ])
    .select([
      sql<string>`(
        SELECT group_concat(quantity || ' × ' || product_name, ', ')
        FROM (SELECT * FROM order_lines WHERE order_id = orders.id ORDER BY id LIMIT 10))`.as('lines'),
      sql<number>`(SELECT count(*) FROM payments WHERE order_id = orders.id)`.as('payments'),
    ])
}

function requirePayable(order: OrderToPay | undefined, isLive: boolean, now: number) {
  if (!order) throw new AppError('not_found', NO_SUCH_ORDER)
  const { status, due_by, paid_at, payments } = order
  if (due_by === null) throw new AppError('nothing_to_pay', 'The shop takes no payment for this order.')
  if (status === 'Cancelled') throw new AppError('order_cancelled', 'This order has been cancelled.')
  if (paid_at !== null) throw new AppError('order_paid', 'This order has been paid.')
  if (due_by <= now && !isLive)
    throw new AppError('order_cancelled', 'The time to pay this order is over, and it is being cancelled.')
  if (
    !isLive &&
    payments >= MAX_PROLONGING_PAYMENTS &&
    checkoutEnd(due_by, now) >= due_by + ROUNDING_MILLISECONDS
  )
    throw new AppError(
      'order_cancelled',
      'Too little time is left to pay this order, and it will be cancelled.',
    )
  return { ...order, due_by }
}

/** The new payment, or the one that a simultaneous request has begun; undefined if the order can no longer be paid. */
async function insertPayment(
  db: Db,
  order: ReturnType<typeof requirePayable>,
  shop: string,
  { success_url, cancel_url, newKey }: Opening,
  now: number,
): Promise<PaymentRow | undefined> {
  const key = newKey()
  const expires_at = checkoutEnd(order.due_by, now)
  const marks = { kiosk_shop: shop, kiosk_order: String(order.id), kiosk_payment: key }
  const parameters = checkoutParameters(order, { marks, expires_at, success_url, cancel_url })
  const isPayable: RawBuilder<unknown> = sql`
    orders.id = ${order.id} AND status = 'Pending' AND paid_at IS NULL AND due_by > ${now}`
  const [, , [payment]] = await db.batch([
    sql<never>`
      INSERT INTO payments (
        order_id, amount_cents, currency, key, parameters, expires_at, check_at, created_at, changed_at)
      SELECT id, total_cents, currency, ${key}, ${JSON.stringify(parameters)}, ${expires_at},
        ${now + FIRST_CHECK_MILLISECONDS}, ${now}, ${now}
      FROM orders
      WHERE ${isPayable} AND NOT EXISTS (
        SELECT 1 FROM payments WHERE order_id = orders.id AND ${sql.raw(LIVE_PAYMENT)})
        AND (due_by + ${ROUNDING_MILLISECONDS} > ${expires_at}
          OR (SELECT count(*) FROM payments WHERE order_id = orders.id) < ${MAX_PROLONGING_PAYMENTS})`,
    // The time to pay must not end before the page, which may live longer, and ends at a whole second.
    sql<never>`
      UPDATE orders SET due_by = max(due_by, ${expires_at})
      WHERE ${isPayable} AND EXISTS (SELECT 1 FROM payments WHERE key = ${key})`,
    selectLivePayment(order.id),
  ])
  return payment
}
