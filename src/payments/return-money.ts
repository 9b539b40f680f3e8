import { type RawBuilder, sql } from 'kysely'
import type Stripe from 'stripe'
import { REFUNDABLE } from '../db/dispute.ts'
import { applyRefund, nextCheck } from './apply-refund.ts'
import type { PaymentContext } from './payment-context.ts'
import { recordChange, selectShop } from './queries.ts'
import { newTally, settleEach, type Tally } from './run-tally.ts'
import { failureOf, orUnavailable, reasonOf, unavailable } from './stripe-error.ts'

/** Refunds of one run. */
const MAX_REFUNDS = 25

/** A refund that was asked for and not answered is asked for again after this time. */
const AGAIN_MILLISECONDS = 60_000

/** Stripe forgets a key after a day; past it a repeat would be a second refund. */
const KEY_LIFE_MILLISECONDS = 23 * 60 * 60_000

/** A day after a refund failed the shop makes another, until this many of a payment have failed; then only staff do. */
const MAX_FAILURES = 3
const DAY = 24 * 60 * 60_000

/** Sends back what is owed: a row for each refund, then the calls. Runs may overlap. */
export async function returnMoney(context: PaymentContext, tally: Tally = newTally()): Promise<void> {
  await context.db.batch([insertOwedRefunds(context.now)])
  await askStripe(
    context,
    tally,
    sql`state IN ('requested', 'pending') AND check_at <= ${context.now} ORDER BY check_at`,
  )
}

/** Settles the refunds of a payment that have not failed: first those that Stripe has not made yet, then the others. */
export async function askAboutRefundsOf(
  context: PaymentContext,
  payment_intent: string | null,
): Promise<void> {
  await askStripe(
    context,
    newTally(),
    sql`
      payment_id = (SELECT id FROM payments WHERE payment_intent = ${payment_intent}) AND state <> 'failed'
      ORDER BY stripe_id IS NOT NULL, id DESC`,
  )
}

/**
 * The one rule of what goes back by itself: all money of cancelled or unknown orders, and all that its order was not
 * paid with, as it came twice, late, or as another amount or currency. Nothing of a disputed payment, unless the bank
 * has decided for the shop.
 * SQLite by itself would read every cancelled order: the index is named, and CROSS JOIN reads orders before payments.
 */
function insertOwedRefunds(now: number) {
  return sql<never>`
    INSERT INTO refunds (payment_id, order_id, amount_cents, currency, check_at, created_at, changed_at)
    SELECT id, order_id, received_cents - returned_cents, received_currency, ${now}, ${now}, ${now}
    FROM payments
    WHERE id IN (
        SELECT id FROM payments WHERE state = 'paid' AND accepted = 0 AND returned_cents < received_cents
        UNION
        SELECT payments.id FROM orders INDEXED BY orders_owing CROSS JOIN payments ON order_id = orders.id
        WHERE orders.status = 'Cancelled' AND paid_cents > refunded_cents + refunding_cents + lost_cents)
      AND state = 'paid' AND returned_cents < received_cents AND ${isRefundable}
      AND (SELECT count(*) FROM refunds WHERE payment_id = payments.id AND refunds.state = 'failed') < ${MAX_FAILURES}
      AND NOT EXISTS (
        SELECT 1 FROM refunds
        WHERE payment_id = payments.id AND refunds.state = 'failed' AND refunds.changed_at > ${now - DAY})
    ORDER BY id LIMIT ${MAX_REFUNDS}`
}

export const isRefundable = sql.raw<boolean>(REFUNDABLE)

interface WaitingRefund {
  id: number
  order_id: number
  payment_intent: string
  amount_cents: number
  asked_at: number
  attempt: number
  stripe_id: string | null
}

/** Makes at Stripe those of these refunds that have no id there yet, and asks for the state of the others. */
async function askStripe(context: PaymentContext, tally: Tally, which: RawBuilder<unknown>): Promise<void> {
  const { db, now } = context
  const [[shop], claimed] = await db.batch([
    selectShop,
    sql<{ id: number }>`
      UPDATE refunds SET asked_at = ifnull(asked_at, ${now}), check_at = iif(state = 'pending', ${nextCheck(now)}, ${now + AGAIN_MILLISECONDS})
      WHERE id IN (SELECT id FROM refunds WHERE ${which} LIMIT ${MAX_REFUNDS})
      RETURNING id`,
  ])
  if (claimed.length === 0) return
  const waiting = await db.all(sql<WaitingRefund>`
    SELECT refunds.id, refunds.order_id, payment_intent, refunds.amount_cents, asked_at, attempt, stripe_id
    FROM refunds JOIN payments ON payments.id = payment_id
    WHERE refunds.id IN (SELECT value FROM json_each(${JSON.stringify(claimed.map(({ id }) => id))}))
    ORDER BY stripe_id IS NOT NULL, refunds.id`)
  await settleEach(waiting, 'Refund', tally, async (refund) => {
    tally.refunds += 1
    const stripe = await context.stripe()
    const { stripe_id } = refund
    if (stripe_id === null) await ask(context, stripe, refund, shop!.id)
    else await applyRefund(context, await orUnavailable(() => stripe.refunds.retrieve(stripe_id)))
  })
}

async function ask(
  context: PaymentContext,
  stripe: Stripe,
  refund: WaitingRefund,
  shop: string,
): Promise<void> {
  const { id, payment_intent, amount_cents, asked_at, attempt } = refund
  const isOwn = ({ metadata }: Stripe.Refund) =>
    metadata?.['kiosk_shop'] === shop && metadata['kiosk_refund'] === String(id)
  const listed = async () => (await stripe.refunds.list({ payment_intent, limit: 100 })).data
  const isForgotten = asked_at <= context.now - KEY_LIFE_MILLISECONDS
  const earlier = isForgotten ? (await orUnavailable(listed)).find(isOwn) : undefined
  if (earlier) return void (await applyRefund(context, earlier))
  const params = {
    payment_intent,
    amount: amount_cents,
    metadata: { kiosk_shop: shop, kiosk_refund: String(id) },
  }
  let made
  try {
    made = await stripe.refunds.create(params, { idempotencyKey: `refund-${shop}-${id}-${attempt}` })
  } catch (error) {
    const failure = failureOf(error)
    if (failure === 'unanswered') throw unavailable(error)
    // It may be there all the same: an earlier call may have made it, or this one before it failed.
    const all = await orUnavailable(listed)
    if (all.some(isOwn)) return void (await applyRefund(context, all.find(isOwn)!))
    if (failure === 'failed') return nextAttempt(context, refund)
    await fail(context, refund, reasonOf(error))
    for (const other of all) await applyRefund(context, other) // such as one made in the dashboard, which left too little
    return
  }
  // Read: a repeat under the same key gives the refund as it was when it was made.
  const { id: stripe_id } = made
  await applyRefund(context, await orUnavailable(() => stripe.refunds.retrieve(stripe_id)))
}

/** Stripe refused it. If the money is owed, `insertOwedRefunds` makes another refund after a day; otherwise staff may. */
async function fail(
  { db, now, wake }: PaymentContext,
  { id, order_id }: WaitingRefund,
  reason: string,
): Promise<void> {
  const isRequested = sql`EXISTS (SELECT 1 FROM refunds WHERE refunds.id = ${id} AND state = 'requested')`
  const [changed] = await db.batch([
    recordChange(order_id, now, isRequested),
    sql<never>`
      UPDATE refunds SET state = 'failed', failure = ${reason}, changed_at = ${now}
      WHERE id = ${id} AND state = 'requested'`,
  ])
  for (const { user_id } of changed) wake(user_id)
}

/** Stripe repeats the error under the old key for a day. Once, however many runs have asked under that key. */
async function nextAttempt({ db }: PaymentContext, { id, attempt }: WaitingRefund): Promise<void> {
  await db.batch([
    sql<never>`
      UPDATE refunds SET attempt = attempt + 1 WHERE id = ${id} AND state = 'requested' AND attempt = ${attempt}`,
  ])
}
