import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { HOUR, MINUTE, type MoneyWorld } from './world.ts'
import { NO_DICE } from './invocation.ts'

interface OrderBooks {
  id: number
  status: 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled'
  total_cents: number
  paid_cents: number
  refunded_cents: number
  refunding_cents: number
  lost_cents: number
  is_due: number
  /** Of the ledger. */
  ledger_paid: number
  ledger_refunded: number
  /** Refunds that staff asked for. */
  staff_refunds: number
}

/** The orders of a world, whether or not their customers know of them. */
async function booksOf({ customers }: MoneyWorld): Promise<OrderBooks[]> {
  const { results } = await env.DB.prepare(
    `SELECT id, status, total_cents, paid_cents, refunded_cents, refunding_cents, lost_cents,
       due_by IS NOT NULL AND paid_at IS NULL AND status <> 'Cancelled' AS is_due,
       (SELECT ifnull(sum(amount_cents), 0) FROM payment_events
        WHERE order_id = orders.id AND kind = 'paid') AS ledger_paid,
       (SELECT ifnull(sum(iif(kind = 'refunded', amount_cents, -amount_cents)), 0) FROM payment_events
        WHERE order_id = orders.id AND kind IN ('refunded', 'refund_reversed')) AS ledger_refunded,
       (SELECT count(*) FROM refunds WHERE order_id = orders.id AND actor_id IS NOT NULL) AS staff_refunds
     FROM orders WHERE user_id IN (SELECT value FROM json_each(?)) ORDER BY id`,
  )
    .bind(JSON.stringify(customers.map(({ id }) => id)))
    .all<OrderBooks>()
  return results
}

/** What Stripe has received and paid back, and what a bank took back, by the order that it names. */
function heldFor({ stripe }: MoneyWorld, order_id: number): { paid: number; refunded: number; lost: number } {
  const intents = stripe.account
    .sessions()
    .filter(
      (session) => session.client_reference_id === String(order_id) && session.payment_status === 'paid',
    )
    .map((session) => stripe.account.intent(session.payment_intent as string))
  const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0)
  return {
    paid: sum(intents.map(({ amount_received }) => amount_received)),
    refunded: sum(intents.map(({ id }) => stripe.account.refundedOf(id))),
    lost: sum(
      intents.flatMap(({ id }) =>
        stripe.account.disputes(id).flatMap(({ status, amount }) => (status === 'lost' ? [amount] : [])),
      ),
    ),
  }
}

/** What holds at every moment at which nobody acts. */
export async function expectSafe(world: MoneyWorld): Promise<void> {
  const [books] = await Promise.all([booksOf(world), expectStockKept(world)])
  const open = new Map<number, number>()
  for (const [session, { id }] of world.pages)
    if (world.stripe.account.session(session).status === 'open') open.set(id, (open.get(id) ?? 0) + 1)
  for (const { id, status } of books) {
    const { paid } = heldFor(world, id)
    if (status === 'Cancelled')
      expect({ order: id, open_pages: open.get(id) ?? 0 }).toEqual({ order: id, open_pages: 0 })
    else expect(open.get(id) ?? 0, `open pages of order ${id}`).toBeLessThan(2)
    if (status === 'Shipped' || status === 'Delivered')
      expect(paid, `paid for order ${id}`).toBeGreaterThan(0)
  }
}

async function expectStockKept({ products }: MoneyWorld): Promise<void> {
  const { results } = await env.DB.prepare(
    `SELECT products.id AS id, stock + ifnull((
       SELECT sum(quantity - returned) FROM order_lines JOIN orders ON orders.id = order_id
       WHERE product_id = products.id AND status <> 'Cancelled'), 0) AS units
     FROM products WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id`,
  )
    .bind(JSON.stringify(products.map(({ id }) => id)))
    .all()
  expect(results).toEqual(products)
}

/** Nothing fails any more: all events arrive, banks decide, and the job of the minute runs a bounded number of times. */
export async function settle(world: MoneyWorld): Promise<void> {
  const { stripe } = world
  world.dice = NO_DICE
  stripe.faults.api = () => undefined
  stripe.faults.event = () => undefined
  stripe.account.refundsBecome = 'succeeded'
  for (const { id, status } of stripe.account.disputes())
    if (status === 'needs_response') stripe.account.closeDispute(id, 'won')
  for (const { id, payment_status, payment_intent } of stripe.account.sessions({ status: 'complete' }))
    if (
      payment_status === 'unpaid' &&
      stripe.account.intent(payment_intent as string).status === 'processing'
    )
      stripe.account.settle(id)
  for (const { id, status } of stripe.account.refunds())
    if (status === 'pending') stripe.account.settleRefund(id)
  await stripe.events.deliver({ all: true })
  world.pass(5 * MINUTE)
  await world.runJob()
  await expectPaymentsKnown(world)
  for (let day = 0; day < MOST_DAYS && (day === 0 || (await isOwing(world))); day += 1) {
    await stripe.events.deliverAll()
    world.pass(25 * HOUR)
    await world.runJob()
    await stripe.events.deliverAll()
  }
}

/** A refund that fails is due again after a day, up to three times. */
const MOST_DAYS = 5

async function isOwing(world: MoneyWorld): Promise<boolean> {
  return (await booksOf(world)).some(({ id, status, refunded_cents, refunding_cents }) => {
    const { paid, lost } = heldFor(world, id)
    return refunding_cents > 0 || (status === 'Cancelled' && paid > refunded_cents + lost)
  })
}

/** Also where every event was lost: five minutes after the last fault, the shop knows what Stripe holds. */
async function expectPaymentsKnown(world: MoneyWorld): Promise<void> {
  for (const { id, paid_cents } of await booksOf(world))
    expect({ order: id, paid: paid_cents }).toEqual({ order: id, paid: heldFor(world, id).paid })
}

/** Stripe, the ledger and the orders agree, and everything has an end. */
export async function expectSettled(world: MoneyWorld): Promise<void> {
  for (const order of await booksOf(world)) {
    const { id, status, total_cents } = order
    const { paid, refunded, lost } = heldFor(world, id)
    expect(order).toMatchObject({
      paid_cents: paid,
      refunded_cents: refunded,
      refunding_cents: 0,
      lost_cents: lost,
      ledger_paid: paid,
      ledger_refunded: refunded,
      is_due: 0,
    })
    const asked = world.refunds.filter((refund) => refund.order.id === id)
    const granted = asked.filter((refund) => refund.status === 202).length
    expect(order.staff_refunds).toBeGreaterThanOrEqual(granted)
    expect(order.staff_refunds).toBeLessThanOrEqual(
      granted + asked.filter((refund) => refund.status === undefined).length,
    )
    if (status === 'Cancelled') expect({ id, kept: paid - refunded - lost }).toEqual({ id, kept: 0 })
    else expect(paid - refunded, `kept for order ${id}`).toBeLessThanOrEqual(total_cents)
  }
  await expectOneRowPerRefund(world)
}

/** No refund was asked for twice, and Stripe knows of none that the shop does not. */
async function expectOneRowPerRefund({ stripe, customers }: MoneyWorld): Promise<void> {
  const { results } = await env.DB.prepare(
    `SELECT stripe_id, amount_cents FROM refunds JOIN orders ON orders.id = order_id
     WHERE stripe_id IS NOT NULL AND user_id IN (SELECT value FROM json_each(?)) ORDER BY stripe_id`,
  )
    .bind(JSON.stringify(customers.map(({ id }) => id)))
    .all<{ stripe_id: string; amount_cents: number }>()
  const refunds = stripe.account.refunds().map(({ id, amount }) => ({ stripe_id: id, amount_cents: amount }))
  expect(results).toEqual(refunds.toSorted((one, other) => (one.stripe_id < other.stripe_id ? -1 : 1)))
}
