import type Stripe from 'stripe'
import type { RunSql } from './run.ts'

/** Payments of one query. */
const ROWS = 500

/** Calls to Stripe at a time; it allows about a hundred a second. */
const AT_ONCE = 10

interface Payment {
  id: number
  order_id: number
  session_id: string
  /** In cents; 0 unless it was paid. */
  received_cents: number
  received_currency: string | null
  /** Refunds that Stripe knows of. */
  returned_cents: number
}

export interface Comparison {
  compared: number
  /** A sentence for each payment that differs. */
  differences: string[]
}

/**
 * Compares the money of every payment in the database with what Stripe holds for it. A payment that changes meanwhile
 * may seem to differ: run it again.
 */
export async function compareWithStripe(run: RunSql, stripe: Stripe): Promise<Comparison> {
  const differences: string[] = []
  let compared = 0
  for (let after = 0; ;) {
    const [rows] = await run([
      `SELECT id, order_id, session_id, received_cents, received_currency, (
         SELECT ifnull(sum(amount_cents), 0) FROM refunds
         WHERE payment_id = payments.id AND refunds.state IN ('pending', 'succeeded')) AS returned_cents
       FROM payments WHERE id > ${after} AND session_id IS NOT NULL ORDER BY id LIMIT ${ROWS}`,
    ])
    const payments = rows as unknown as Payment[]
    for (let from = 0; from < payments.length; from += AT_ONCE) {
      const found = await Promise.all(
        payments.slice(from, from + AT_ONCE).map((payment) => compare(payment, stripe)),
      )
      differences.push(...found.filter((difference) => difference !== undefined))
    }
    compared += payments.length
    if (payments.length < ROWS) return { compared, differences }
    after = payments.at(-1)!.id
  }
}

async function compare(payment: Payment, stripe: Stripe): Promise<string | undefined> {
  const session = await stripe.checkout.sessions.retrieve(payment.session_id).catch(unlessUnknown)
  const here = [payment.received_cents, payment.received_currency, payment.returned_cents]
  const differs = `order ${payment.order_id}, ${payment.session_id}: ${tell(here)} here`
  if (!session) return `${differs}, and Stripe does not know the payment`
  const isPaid = session.status === 'complete' && session.payment_status !== 'unpaid'
  const refunds = isPaid ? await refundsOf(session, stripe) : []
  const there = isPaid
    ? [
        session.amount_total,
        session.currency!.toUpperCase(),
        refunds.reduce((sum, { amount }) => sum + amount, 0),
      ]
    : [0, null, 0]
  if (here.join() === there.join()) return undefined
  return `${differs}, ${tell(there)} at Stripe`
}

/** A session of another account of Stripe, or of test mode in place of live mode. */
function unlessUnknown(error: Stripe.errors.StripeError): undefined {
  if (error.code !== 'resource_missing') throw error
}

async function refundsOf(
  { payment_intent }: Stripe.Checkout.Session,
  stripe: Stripe,
): Promise<Stripe.Refund[]> {
  const refunds = []
  const all = stripe.refunds.list({ payment_intent: payment_intent as string, limit: 100 })
  for await (const refund of all)
    if (refund.status !== 'failed' && refund.status !== 'canceled') refunds.push(refund)
  return refunds
}

function tell([received, currency, returned]: (string | number | null)[]): string {
  return `${received} cents ${currency ?? ''} received and ${returned} returned`
}
