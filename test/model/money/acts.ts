import * as fc from 'fast-check'
import { PageClosed } from '../../../scripts/pretend-stripe/account.ts'
import { toCents } from '../../../src/money.ts'
import { HOUR, MINUTE, type MoneyWorld, type Order } from './world.ts'

/** One thing that somebody does. Which one follows from `draw` and from what is possible when its turn comes. */
export interface Act {
  draw: number
  /** With which order, page or payment. */
  which: number
  amount: number
  /** Whether actors do not repeat a request that got no response. */
  givesUp: boolean
}

type Possible = (world: MoneyWorld) => boolean

/** Whether there is anything to do an act with, so that it is not drawn in vain. */
const hasOrders: Possible = ({ orders }) => orders.length > 0
const hasUnpaid: Possible = ({ orders }) => orders.some(isUnpaid)
const hasPages: Possible = ({ pages }) => pages.size > 0
const hasPayments: Possible = ({ stripe }) => Object.keys(stripe.state.intents).length > 0
const hasRefunds: Possible = ({ stripe }) => Object.keys(stripe.state.refunds).length > 0
const hasEvents: Possible = ({ stripe }) => stripe.events.undelivered.length > 0

/** Each act: its name, how often it is drawn, whether it is possible, and what it does. */
const ACTS: [string, number, Possible, (world: MoneyWorld, act: Act) => unknown][] = [
  ['place', 8, ({ orders }) => orders.length < 5, place],
  ['open a page', 14, hasUnpaid, openCheckout],
  ['pay', 18, hasPages, (world, act) => onPage(world, act, (id) => world.stripe.account.pay(id))],
  ['pay in the last second', 3, hasPages, payInTheLastSecond],
  ['pay another amount', 1, hasPages, payAnotherAmount],
  ['decline', 1, hasPages, (world, act) => onPage(world, act, (id) => world.stripe.account.decline(id))],
  [
    'pay by a bank',
    2,
    hasPages,
    (world, act) => onPage(world, act, (id) => world.stripe.account.payLater(id)),
  ],
  ['the bank decides', 3, hasPayments, bankDecides],
  ['cancel', 7, hasOrders, cancel],
  ['staff cancel', 2, hasOrders, (world, act) => move(world, act, 'Cancelled')],
  ['ship', 6, hasOrders, (world, act) => move(world, act, 'Shipped')],
  ['deliver', 1, hasPayments, (world, act) => move(world, act, 'Delivered')],
  ['refund', 8, hasPayments, refund],
  ['refund in the dashboard', 1, hasPayments, refundInDashboard],
  ['refund there as well', 2, hasPayments, refundThereAsWell],
  ['refunds become slow', 1, hasPayments, ({ stripe }) => (stripe.account.refundsBecome = 'pending')],
  ['a refund ends', 4, hasRefunds, endRefund],
  [
    'expire in the dashboard',
    1,
    hasPages,
    (world, act) =>
      onPage(
        world,
        act,
        (id) => world.stripe.account.session(id).status === 'open' && world.stripe.account.expireSession(id),
      ),
  ],
  ['dispute', 2, hasPayments, dispute],
  ['deliver events', 4, hasEvents, ({ stripe }) => stripe.events.deliver()],
  ['a minute passes', 4, hasOrders, (world) => passTime(world, MINUTE)],
  ['35 minutes pass', 3, hasPages, (world) => passTime(world, 35 * MINUTE)],
  ['a day passes', 1, hasPages, (world) => passTime(world, 24 * HOUR)],
]

export const anAct: fc.Arbitrary<Act> = fc.record({
  draw: fc.nat(9999),
  which: fc.nat(5),
  amount: fc.nat(2500),
  givesUp: fc.boolean(),
})

/** Where every sequence begins: an order of each customer, and the page of one. */
export async function begin(world: MoneyWorld): Promise<void> {
  const first = { draw: 0, which: 0, amount: 0, givesUp: false }
  await place(world, first)
  await place(world, { ...first, which: 1, amount: 1 })
  await openCheckout(world, first)
}

/** Does it, and adds its name to the story that a failure prints. */
export async function perform(world: MoneyWorld, one: Act): Promise<void> {
  const possible = ACTS.filter(([, , isPossible]) => isPossible(world)).flatMap((each) =>
    Array.from({ length: each[1] }, () => each),
  )
  const [name, , , run] = possible[one.draw % possible.length]!
  world.story.push(`${name} ${one.which} ${one.amount}`)
  try {
    await run(world, one)
  } catch (error) {
    if (!(error instanceof PageClosed)) throw error // a customer sees that nothing is to be paid
  }
}

/** Mostly an order that can still change. */
async function onOrder(
  world: MoneyWorld,
  { which, amount }: Act,
  then: (order: Order) => unknown,
): Promise<void> {
  const open = world.orders.filter(({ isOver }) => !isOver)
  const orders = amount % 4 === 0 || open.length === 0 ? world.orders : open
  await then(orders[which % orders.length]!)
}

/** Mostly a page that is open, else one that was left in another tab. */
async function onPage(
  { pages, stripe }: MoneyWorld,
  { which, amount }: Act,
  then: (session_id: string) => unknown,
): Promise<void> {
  const all = [...pages.keys()]
  const open = all.filter((id) => stripe.account.session(id).status === 'open')
  const sessions = amount % 4 === 0 || open.length === 0 ? all : open
  await then(sessions[which % sessions.length]!)
}

async function place(world: MoneyWorld, { which, amount, givesUp }: Act): Promise<void> {
  const customer = world.customers[which % world.customers.length]!
  const { id } = world.products[amount % world.products.length]!
  const quantity = 1 + (amount % 2)
  await world.send(customer, 'POST', '/api/cart/', { product_id: id, quantity })
  const reply = await world.send(customer, 'POST', '/api/orders/create/', {}, { givesUp })
  if (reply?.status !== 201) return
  const { id: order_id, items, total_price } = reply.body
  world.orders.push({
    id: order_id,
    customer,
    items,
    total_cents: toCents(total_price)!,
    isOver: false,
    isPaid: false,
  })
}

/** Of an order that its customer does not know to be paid or cancelled. */
function isUnpaid({ isOver, isPaid }: Order): boolean {
  return !isOver && !isPaid
}

async function openCheckout(world: MoneyWorld, act: Act): Promise<void> {
  const orders = world.orders.filter(isUnpaid)
  const order = orders[act.which % orders.length]
  if (!order) return // paid or cancelled by another act of this wave
  const reply = await world.send(order.customer, 'POST', `/api/orders/${order.id}/payment/`, {}, act)
  if (reply?.status === 200) world.pages.set(reply.body.url.split('/').at(-1), order)
  order.isPaid ||= reply?.body.code === 'order_paid'
  order.isOver ||= reply?.body.code === 'order_cancelled'
}

async function payAnotherAmount(world: MoneyWorld, act: Act): Promise<void> {
  await onPage(world, act, (id) => world.stripe.account.pay(id, { amount: 50 + act.amount }))
}

async function cancel(world: MoneyWorld, act: Act): Promise<void> {
  await onOrder(world, act, async (order) => {
    const path = `/api/orders/${order.id}/cancel/`
    const reply = await world.send(order.customer, 'POST', path, undefined, act)
    order.isOver ||= reply?.status === 200
  })
}

async function payInTheLastSecond(world: MoneyWorld, act: Act): Promise<void> {
  await onPage(world, act, (id) => {
    const { status, expires_at } = world.stripe.account.session(id)
    if (status !== 'open') return
    world.pass(Math.max(0, expires_at * 1000 - 1000 - world.now))
    world.stripe.account.pay(id)
  })
}

async function bankDecides({ stripe }: MoneyWorld, { which, amount }: Act): Promise<void> {
  const waiting = stripe.account
    .sessions({ status: 'complete' })
    .filter(({ payment_status, payment_intent }) => {
      return (
        payment_status === 'unpaid' && stripe.account.intent(payment_intent as string).status === 'processing'
      )
    })
  const session = waiting[which % waiting.length]
  if (session) stripe.account.settle(session.id, amount % 3 > 0)
}

async function move(world: MoneyWorld, act: Act, status: string): Promise<void> {
  await onOrder(world, act, async (order) => {
    const reply = await world.send(world.staff, 'PATCH', `/api/admin/orders/${order.id}/`, { status }, act)
    order.isOver ||= reply?.status === 200 && status !== 'Shipped'
  })
}

/** Mostly of an order for which Stripe holds money. */
async function refund(world: MoneyWorld, act: Act): Promise<void> {
  const { which, amount } = act
  const paid = [...world.pages].filter(([id]) => world.stripe.account.session(id).payment_status === 'paid')
  const order = paid[which % paid.length]?.[1] ?? world.orders[which % world.orders.length]!
  const body = {
    ...(amount % 3 === 0 ? {} : { amount: (1 + amount) / 100 }),
    ...(amount % 2 === 0 ? {} : { restock: [{ item_id: order.items[0]!.id, quantity: 1 }] }),
  }
  const path = `/api/admin/orders/${order.id}/refunds/`
  const reply = await world.send(world.staff, 'POST', path, body, act)
  world.refunds.push({ order, status: reply?.status })
}

/** As far as Stripe still lets staff refund there. */
async function refundInDashboard({ stripe }: MoneyWorld, { which, amount }: Act): Promise<void> {
  const payments = Object.values(stripe.state.intents).filter(({ id, amount_received }) => {
    return amount_received > stripe.account.refundedOf(id) && stripe.account.disputes(id).length === 0
  })
  const payment = payments[which % payments.length]
  if (!payment) return
  const left = payment.amount_received - stripe.account.refundedOf(payment.id)
  stripe.account.createRefund({ payment_intent: payment.id, amount: Math.min(left, 1 + amount) }, null)
}

/** While the shop's own call is on its way, the dashboard refunds all that is left, and its event comes first. */
async function refundThereAsWell(world: MoneyWorld, act: Act): Promise<void> {
  const { stripe } = world
  stripe.pause = async () => {
    stripe.pause = undefined
    await refundInDashboard(world, { ...act, amount: Infinity })
    await stripe.events.deliver()
  }
  await refund(world, act)
  stripe.pause = undefined
}

async function endRefund({ stripe }: MoneyWorld, { which, amount }: Act): Promise<void> {
  const refunds = stripe.account.refunds().filter(({ status }) => status !== 'failed')
  const one = refunds[which % refunds.length]
  if (!one) return
  if (one.status === 'pending' && amount % 3 > 0) stripe.account.settleRefund(one.id)
  else if (amount % 3 === 0) stripe.account.failRefund(one.id)
}

async function dispute({ stripe }: MoneyWorld, { which, amount }: Act): Promise<void> {
  const payments = Object.values(stripe.state.intents).filter(
    ({ id, amount_received }) => amount_received > stripe.account.refundedOf(id),
  )
  const payment = payments[which % payments.length]
  if (!payment) return
  const [open] = stripe.account.disputes(payment.id)
  if (!open) stripe.account.openDispute(payment.id)
  else if (open.status === 'needs_response')
    stripe.account.closeDispute(open.id, amount % 3 === 0 ? 'lost' : 'won')
}

async function passTime(world: MoneyWorld, milliseconds: number): Promise<void> {
  world.pass(milliseconds)
  await world.runJob()
}
