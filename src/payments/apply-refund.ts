import { sql } from 'kysely'
import type Stripe from 'stripe'
import type { Query } from '../db/client.ts'
import type { RefundState } from '../db/schema.ts'
import { findPaymentOfIntent } from './find-payment.ts'
import { idOf } from './apply-session.ts'
import { recordChange, selectShop } from './queries.ts'
import type { PaymentContext } from './payment-context.ts'

/** From which states each can be reached: a refund only moves forward, and one that has succeeded can still fail. */
const reachedFrom = {
  pending: ['requested'],
  succeeded: ['requested', 'pending'],
  failed: ['requested', 'pending', 'succeeded'],
} as const satisfies Partial<Record<RefundState, RefundState[]>>

/** When Stripe is asked about a pending refund: it may take seconds or days, so after intervals that double. */
const FIRST_CHECK_MILLISECONDS = 60_000
const LONGEST_CHECK_MILLISECONDS = 6 * 60 * 60_000

/**
 * The next question, for an UPDATE of a refund: as long from now as has passed since the first, so intervals double from
 * a minute to six hours.
 */
export function nextCheck(now: number) {
  return sql`${now} + max(${FIRST_CHECK_MILLISECONDS}, min(${LONGEST_CHECK_MILLISECONDS}, ${now} - ifnull(asked_at, ${now})))`
}

/**
 * Moves a refund to the state that it has at Stripe, once. Its row is found by Stripe's id or, as an event may come
 * before the answer with that id, by its metadata. A refund without a row was made in Stripe's dashboard and gets one.
 * Returns false for a refund of somebody else's payment.
 */
export async function applyRefund(
  context: PaymentContext,
  refund: Stripe.Refund,
  record: readonly Query[] = [],
): Promise<boolean> {
  const { db, now } = context
  const [[shop], [known]] = await db.batch([selectShop, selectRefundOf(refund)])
  const isOurs =
    known !== undefined && (known.stripe_id === refund.id || refund.metadata?.['kiosk_shop'] === shop!.id)
  const row = isOurs ? known : await adopt(context, refund)
  if (!row) return false
  const state = toState(refund.status)
  const from = sql.join(reachedFrom[state].map((each) => sql.lit(each)))
  const moves = sql`EXISTS (SELECT 1 FROM refunds WHERE refunds.id = ${row.id} AND state IN (${from}))`
  const [changed] = await db.batch([
    recordChange(row.order_id, now, moves, state === 'succeeded' ? refunded(row.id) : {}),
    sql<never>`
      UPDATE refunds
      SET state = ${state}, stripe_id = ${refund.id}, failure = ${refund.failure_reason ?? null},
        check_at = ${nextCheck(now)}, changed_at = ${now}
      WHERE id = ${row.id} AND state IN (${from})`,
    ...record,
  ])
  for (const { user_id } of changed) context.wake(user_id)
  return true
}

function refunded(refund_id: number) {
  return { change: sql`'refunded'`, refund_id }
}

interface RefundRow {
  id: number
  order_id: number
  stripe_id: string | null
}

/** After a restore another refund may have the id of one that is lost. */
function selectRefundOf({ id, metadata, payment_intent }: Stripe.Refund): Query<RefundRow> {
  const own = Number(metadata?.['kiosk_refund'] ?? 0)
  return sql<RefundRow>`
    SELECT id, order_id, stripe_id FROM refunds
    WHERE stripe_id = ${id} OR (id = ${own} AND stripe_id IS NULL
      AND payment_id = (SELECT id FROM payments WHERE payment_intent = ${idOf(payment_intent)}))
    ORDER BY stripe_id IS NULL LIMIT 1`
}

/**
 * Makes a row of a refund that the shop did not ask for. One that has already failed is never counted: the shop may
 * have sent the same money back meanwhile.
 */
async function adopt(context: PaymentContext, refund: Stripe.Refund): Promise<RefundRow | undefined> {
  const { db, now } = context
  const payment = await findPaymentOfIntent(context, idOf(refund.payment_intent))
  if (!payment) return undefined
  const reached = toState(refund.status)
  const state = reached === 'failed' ? 'failed' : 'pending'
  // One that has succeeded is told when the caller moves it there; one that has failed changes nothing of its order.
  const isUnderWay = sql`${reached} = 'pending' AND NOT EXISTS (SELECT 1 FROM refunds WHERE stripe_id = ${refund.id})`
  const [changed, , , [row]] = await db.batch([
    recordChange(payment.order_id, now, isUnderWay),
    sql<never>`
      INSERT INTO refunds (
        payment_id, order_id, amount_cents, currency, state, reason, failure, stripe_id, asked_at, check_at, created_at,
        changed_at)
      VALUES (${payment.id}, ${payment.order_id}, ${refund.amount}, ${refund.currency.toUpperCase()}, ${state},
        'Made at Stripe', ${refund.failure_reason ?? null}, ${refund.id}, ${now}, ${now + FIRST_CHECK_MILLISECONDS}, ${now}, ${now})
      ON CONFLICT (stripe_id) DO NOTHING`,
    sql<never>`
      INSERT INTO payment_events (order_id, payment_id, refund_id, kind, amount_cents, currency, stripe_id, note, at)
      SELECT order_id, payment_id, id, 'refund_failed', amount_cents, currency, stripe_id, failure, changed_at
      FROM refunds WHERE stripe_id = ${refund.id} AND state = 'failed' ON CONFLICT DO NOTHING`,
    sql<RefundRow>`SELECT id, order_id, stripe_id FROM refunds WHERE stripe_id = ${refund.id}`,
  ])
  for (const { user_id } of changed) context.wake(user_id)
  return row
}

function toState(status: string | null): keyof typeof reachedFrom {
  if (status === 'succeeded') return 'succeeded'
  return status === 'failed' || status === 'canceled' ? 'failed' : 'pending'
}
