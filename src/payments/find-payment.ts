import { sql } from 'kysely'
import type Stripe from 'stripe'
import { applySession } from './apply-session.ts'
import type { PaymentContext } from './payment-context.ts'
import { type PaymentRow, selectPaymentOf, selectPayments, selectShop } from './queries.ts'
import { orUnavailable } from './stripe-error.ts'

/**
 * The payment that a session belongs to; undefined if the session is not of this shop, or unpaid and its row lost by a
 * restore. If the row of a paid session was lost, it gets one again, as `expired`, which `applySession` makes paid: the
 * money then goes back, unless its order is there and due.
 */
export async function findPaymentOf(
  context: PaymentContext,
  session: Stripe.Checkout.Session,
): Promise<PaymentRow | undefined> {
  const key = session.metadata?.['kiosk_payment'] ?? ''
  const [[known], [shop]] = await context.db.batch([selectPaymentOf(session.id, key), selectShop])
  // A copy of a shop has its rows, but another id.
  if (session.metadata?.['kiosk_shop'] !== shop!.id) return undefined
  return known ?? (session.payment_status === 'unpaid' ? undefined : adopt(context, session))
}

/** The payment of a PaymentIntent. Applies its session first if that has not been done. */
export async function findPaymentOfIntent(
  context: PaymentContext,
  intent: string | null,
): Promise<PaymentRow | undefined> {
  if (intent === null) return undefined
  const known = await context.db.first(selectPayments(sql`payment_intent = ${intent}`))
  if (known) return known
  const stripe = await context.stripe()
  const { data } = await orUnavailable(() =>
    stripe.checkout.sessions.list({ payment_intent: intent, limit: 1 }),
  )
  const [session] = data
  const payment = session && (await findPaymentOf(context, session))
  return payment && applySession(context, payment, session)
}

async function adopt(
  { db, now }: PaymentContext,
  session: Stripe.Checkout.Session,
): Promise<PaymentRow | undefined> {
  const { id, metadata, amount_total, currency, expires_at, created } = session
  const [, [row]] = await db.batch([
    sql<never>`
      INSERT INTO payments (
        order_id, amount_cents, currency, state, key, parameters, session_id, expires_at, check_at, created_at, changed_at)
      VALUES (${Number(metadata!['kiosk_order'])}, ${amount_total}, ${currency!.toUpperCase()}, 'expired',
        ${metadata!['kiosk_payment']}, '{}', ${id}, ${expires_at * 1000}, ${now}, ${created * 1000}, ${now})
      ON CONFLICT (key) DO NOTHING`,
    selectPaymentOf(id, metadata!['kiosk_payment']!),
  ])
  return row
}
