import { sql } from 'kysely'
import type Stripe from 'stripe'
import type { Query } from '../db/client.ts'
import { LIVE_PAYMENT } from '../db/live-payment.ts'
import { cancelOverdueOrder } from './cancel-overdue-order.ts'
import type { PaymentContext } from './payment-context.ts'
import { type PaymentRow, recordChange, selectPayment } from './queries.ts'
import { orUnavailable } from './stripe-error.ts'

type Session = Stripe.Checkout.Session

export interface Circumstances {
  /** Statements for the same batch: the event that brought the session. */
  record?: readonly Query[]
  /** The caller closes the page, and decides about the order: it does not end here. */
  isCancelling?: boolean
}

/**
 * A page that ends early was probably closed in order to cancel the order: the cancellation has this long to happen.
 */
const GRACE_MILLISECONDS = 60_000

/**
 * Moves a payment to the state that its session has at Stripe, with all that follows, once, however often and from
 * wherever it is told. The session must have just been read: events arrive late and out of order. Returns the
 * payment as it is then.
 */
export async function applySession(
  context: PaymentContext,
  payment: PaymentRow,
  session: Session,
  circumstances: Circumstances = {},
): Promise<PaymentRow> {
  return apply[await stateOf(context, session)](context, payment, session, circumstances)
}

const apply = { open: applyOpen, processing: applyProcessing, expired: applyExpired, paid: applyPaid }

/** Throws for a state that Stripe may have added since. */
async function stateOf(
  context: PaymentContext,
  { id, status, payment_status, payment_intent }: Session,
): Promise<keyof typeof apply> {
  if (status === 'open') return 'open'
  if (status === 'expired') return 'expired'
  if (status !== 'complete') throw new Error(`Session ${id} has the unknown status ${status}`)
  if (payment_status !== 'unpaid') return 'paid'
  // A method that takes days; none now, see checkoutParameters. Its failure shows in the PaymentIntent alone: the
  // session stays complete.
  const stripe = await context.stripe()
  const { status: progress } = await orUnavailable(() =>
    stripe.paymentIntents.retrieve(idOf(payment_intent)!),
  )
  return progress === 'requires_payment_method' || progress === 'canceled' ? 'expired' : 'processing'
}

async function applyOpen(
  { db, now }: PaymentContext,
  { id }: PaymentRow,
  session: Session,
  { record = [] }: Circumstances,
) {
  const results = await db.batch([
    sql<never>`
      UPDATE payments
      SET state = 'open', session_id = ${session.id}, url = ${session.url}, expires_at = ${session.expires_at * 1000},
        changed_at = ${now}
      WHERE id = ${id} AND state = 'opening'`,
    ...record,
    selectPayment(id),
  ])
  return results.at(-1)![0] as PaymentRow
}

async function applyProcessing(
  { db, now }: PaymentContext,
  { id }: PaymentRow,
  session: Session,
  { record = [] }: Circumstances,
) {
  const results = await db.batch([
    sql<never>`
      UPDATE payments SET state = 'processing', session_id = ${session.id}, url = NULL, changed_at = ${now}
      WHERE id = ${id} AND state IN ('opening', 'open')`,
    ...record,
    selectPayment(id),
  ])
  return results.at(-1)![0] as PaymentRow
}

/** Ends the payment, and the order if its time is over. Only now may the stock go to somebody else. */
async function applyExpired(
  context: PaymentContext,
  { id, order_id }: PaymentRow,
  session: Session,
  { record = [], isCancelling = false }: Circumstances,
) {
  const { db, now } = context
  const isEarly = session.status === 'expired' && session.expires_at * 1000 > now
  const results = await db.batch([
    sql<never>`
      UPDATE orders SET due_by = min(due_by, ${isEarly ? now + GRACE_MILLISECONDS : now})
      WHERE id = ${order_id} AND paid_at IS NULL AND due_by IS NOT NULL AND EXISTS (
        SELECT 1 FROM payments WHERE payments.id = ${id} AND ${sql.raw(LIVE_PAYMENT)})`,
    sql<never>`
      UPDATE payments SET state = 'expired', session_id = ${session.id}, url = NULL, changed_at = ${now}
      WHERE id = ${id} AND ${sql.raw(LIVE_PAYMENT)}`,
    ...record,
    selectPayment(id),
  ])
  if (!isEarly && !isCancelling) await cancelOverdueOrder(context, order_id)
  return results.at(-1)![0] as PaymentRow
}

/**
 * The money is recorded whatever the order has become. The order is paid if it was due and this is its total; any
 * other money goes back.
 */
async function applyPaid(
  context: PaymentContext,
  { id, order_id }: PaymentRow,
  session: Session,
  { record = [] }: Circumstances,
) {
  const { db, now } = context
  const received = session.amount_total!
  const currency = session.currency!.toUpperCase()
  const isAccepted = sql`
    due_by IS NOT NULL AND paid_at IS NULL AND status <> 'Cancelled'
    AND total_cents = ${received} AND orders.currency = ${currency}`
  const [changed, , , ...rest] = await db.batch([
    recordChange(
      order_id,
      now,
      sql`EXISTS (SELECT 1 FROM payments WHERE payments.id = ${id} AND state <> 'paid')`,
      { change: sql`iif(${isAccepted}, 'paid', NULL)` },
    ),
    sql<never>`
      UPDATE payments
      SET state = 'paid', session_id = ${session.id}, url = NULL, payment_intent = ${idOf(session.payment_intent)},
        received_cents = ${received}, received_currency = ${currency}, changed_at = ${now},
        accepted = EXISTS (SELECT 1 FROM orders WHERE orders.id = order_id AND ${isAccepted})
      WHERE id = ${id} AND state <> 'paid'`,
    sql<never>`
      UPDATE orders SET paid_at = ${now}, updated_at = ${now}
      WHERE id = ${order_id} AND paid_at IS NULL AND EXISTS (
        SELECT 1 FROM payments WHERE order_id = orders.id AND accepted = 1)`,
    ...record,
    sql<{
      owed: number
    }>`SELECT accepted = 0 AND returned_cents < received_cents AS owed FROM payments WHERE id = ${id}`,
    selectPayment(id),
  ])
  for (const { user_id } of changed) context.wake(user_id)
  const [[{ owed }], [row]] = rest.slice(-2) as [[{ owed: number }], [PaymentRow]]
  if (owed) context.returnMoney()
  return row
}

/** Stripe gives ids, or whole objects where that is asked for. */
export function idOf(reference: string | { id: string } | null | undefined): string | null {
  return typeof reference === 'string' ? reference : (reference?.id ?? null)
}
