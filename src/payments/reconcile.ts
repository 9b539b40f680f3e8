import { sql } from 'kysely'
import { LIVE_PAYMENT } from '../db/live-payment.ts'
import { applySession } from './apply-session.ts'
import { cancelOverdueOrder } from './cancel-overdue-order.ts'
import { closePayment } from './close-checkout.ts'
import { createCheckoutSession } from './create-checkout-session.ts'
import { applyMissedEvents } from './missed-events.ts'
import type { PaymentContext } from './payment-context.ts'
import { paymentColumns, type PaymentRow } from './queries.ts'
import { returnMoney } from './return-money.ts'
import { newTally, recordFailure, settleEach, type Tally } from './run-tally.ts'
import { orUnavailable } from './stripe-error.ts'

/** Limits of a run, because of its time: a call takes up to 21 seconds when Stripe does not answer. */
const MAX_PAYMENTS = 100
const MAX_ORDERS = 200

/** Stripe is asked again after this time: a payment whose event never comes is found within five minutes. */
const AGAIN_MILLISECONDS = 4 * 60_000

/**
 * Makes up for events that never came and for Workers that ended too early: asks Stripe for events and about every
 * payment that is not over, those first that it was not asked about for the longest time, and about refunds that have
 * neither succeeded nor failed. Cancels orders that nobody paid in time.
 */
export async function reconcile(context: PaymentContext): Promise<Tally> {
  const { db, now } = context
  const tally = newTally()
  try {
    await applyMissedEvents(context, tally)
  } catch (error) {
    recordFailure(tally, 'The events of Stripe could not be read; a later run does it', error)
  }
  const payments = await db.all(claimPayments(now))
  await settleEach(payments, 'Payment', tally, async (payment) => {
    tally.asked += 1
    if (payment.order_is_due) await askAbout(context, payment)
    else await closePayment(context, payment)
  })
  // The index is named, because SQLite by itself would read every pending order.
  const overdue = await db.all(
    sql<{ id: number }>`
      SELECT id FROM orders INDEXED BY orders_due
      WHERE due_by <= ${now} AND due_by IS NOT NULL AND paid_at IS NULL AND status = 'Pending' AND NOT EXISTS (
        SELECT 1 FROM payments WHERE order_id = orders.id AND ${sql.raw(LIVE_PAYMENT)})
      ORDER BY due_by LIMIT ${MAX_ORDERS}`,
  )
  await settleEach(overdue, 'Order', tally, async ({ id }) => {
    if (await cancelOverdueOrder(context, id)) tally.cancelled += 1
  })
  await returnMoney(context, tally)
  return tally
}

interface ClaimedPayment extends PaymentRow {
  /** Otherwise a page that is open must be closed. */
  order_is_due: number
}

function claimPayments(now: number) {
  return sql<ClaimedPayment>`
    UPDATE payments SET check_at = ${now + AGAIN_MILLISECONDS}
    WHERE id IN (
      SELECT id FROM payments WHERE ${sql.raw(LIVE_PAYMENT)} AND check_at <= ${now}
      ORDER BY check_at LIMIT ${MAX_PAYMENTS})
    RETURNING ${paymentColumns}, EXISTS (
      SELECT 1 FROM orders WHERE orders.id = order_id AND paid_at IS NULL AND status <> 'Cancelled') AS order_is_due`
}

async function askAbout(context: PaymentContext, payment: PaymentRow): Promise<void> {
  if (payment.session_id === null) return void (await createCheckoutSession(context, payment))
  const stripe = await context.stripe()
  const { session_id } = payment
  await applySession(
    context,
    payment,
    await orUnavailable(() => stripe.checkout.sessions.retrieve(session_id)),
  )
}
