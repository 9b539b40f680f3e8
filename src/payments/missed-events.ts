import { sql } from 'kysely'
import type Stripe from 'stripe'
import { APPLIED_EVENTS_MILLISECONDS } from '../integrity/overdue.ts'
import { applyEvent } from './apply-event.ts'
import type { PaymentContext } from './payment-context.ts'
import { recordFailure, settleEach, type Tally } from './run-tally.ts'
import { isOutage, orUnavailable } from './stripe-error.ts'

/** The types that `applyEvent` acts on, to which the endpoint subscribes as well: docs/operations.md. */
const TYPES = [
  'checkout.session.completed',
  'checkout.session.expired',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'refund.created',
  'refund.updated',
  'refund.failed',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
]

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const AGAIN_MILLISECONDS = 3 * MINUTE
/** Younger events may be on their way, and clocks differ. */
const YOUNG_MILLISECONDS = MINUTE
/** Each listing overlaps the last by this much, because Stripe may list an event late. */
const OVERLAP_MILLISECONDS = 5 * MINUTE
/** Stripe retries a delivery that the shop does not accept for this long, and so does this job. */
const PATIENCE_MILLISECONDS = 3 * DAY

/** Limits of one run. */
const MAX_LISTED = 1000
const MAX_APPLIED = 100

/** Until when all events have been applied: a row beside the counters of lists, in milliseconds since 1970. */
const selectReached = sql<{ value: number }>`SELECT value FROM counters WHERE name = 'stripe_events'`

/**
 * Applies events that Stripe lists and the webhook has not brought, the oldest first. Later runs retry one that
 * fails: for three days, and longer while Stripe or D1 is down. If so many events follow that they do not fit into a
 * list with it, it is retried only while Stripe or D1 is down.
 */
export async function applyMissedEvents(context: PaymentContext, tally: Tally): Promise<void> {
  const { db, now } = context
  const before = Math.max((await db.first(selectReached))?.value ?? 0, now - APPLIED_EVENTS_MILLISECONDS)
  if (now - YOUNG_MILLISECONDS - before < AGAIN_MILLISECONDS) return
  const stripe = await context.stripe()
  const { events, until } = await orUnavailable(() => listEvents(stripe, before, now - YOUNG_MILLISECONDS))
  const unknown = await db.all(sql<{ id: string }>`
    SELECT value AS id FROM json_each(${JSON.stringify(events.map(({ id }) => id))})
    WHERE value NOT IN (SELECT id FROM stripe_events)`)
  const ids = new Set(unknown.map(({ id }) => id))
  const missed = events.filter(({ id }) => ids.has(id)).toReversed()
  const isCut = until < now - YOUNG_MILLISECONDS
  const next = missed[MAX_APPLIED]
  let reached = next ? next.created * 1000 : until
  await settleEach(missed.slice(0, MAX_APPLIED), 'Event', tally, async (event) => {
    const created = event.created * 1000
    try {
      await applyEvent(context, event)
      tally.events += 1
    } catch (error) {
      if ((isCut || created <= now - PATIENCE_MILLISECONDS) && !isOutage(error))
        return recordFailure(tally, `Event ${event.id} could not be applied; it is not tried again`, error)
      reached = Math.min(reached, created)
      throw error
    }
  })
  await db.batch([
    sql<never>`
      INSERT INTO counters (name, value) VALUES ('stripe_events', ${reached})
      ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  ])
}

/**
 * All events since `from`, newest first; if they are too many, those until an earlier time than `to`, at least a minute
 * after `from`.
 */
async function listEvents(
  stripe: Stripe,
  from: number,
  to: number,
): Promise<{ events: Stripe.Event[]; until: number }> {
  for (let until = to; ; until = Math.max(from + MINUTE, Math.floor(from + (until - from) / 4))) {
    const events: Stripe.Event[] = []
    const created = { gte: Math.floor((from - OVERLAP_MILLISECONDS) / 1000), lte: Math.floor(until / 1000) }
    const isShortest = until <= from + MINUTE
    for await (const event of stripe.events.list({ created, types: TYPES, limit: 100 }))
      if (events.push(event) === MAX_LISTED && !isShortest) break
    if (events.length < MAX_LISTED || isShortest) return { events, until }
  }
}
