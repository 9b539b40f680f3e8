import { spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { PretendStripe } from '../pretend-stripe/pretend-stripe.ts'
import { servePretendStripe } from '../pretend-stripe/serve.ts'
import { freePort } from '../sandbox/free-port.ts'
import { type Person, SandboxShop, STOCK } from './sandbox-shop.ts'

const CUSTOMERS = 6
const SECRETS = { secretKey: 'sk_test_pretend', webhookSecret: 'whsec_pretend' }
/** Within which the shop must agree with Stripe after the last start. */
const PATIENCE_MILLISECONDS = 120_000

interface Shopper extends Person {
  /** The request that has no answer yet. */
  pending?: { path: string; body: unknown; key: string } | undefined
}

interface Order {
  id: number
  status: string
  items: { quantity: number }[]
  payment: { status: string; amount: string; refunded: string }
}

export interface PaymentCutFigures {
  orders: number
  payments: number
  refunds: number
}

/**
 * Kills a shop that takes payments at random moments, while its customers order, pay and cancel, and restarts it on
 * the same data; Stripe's stand-in lives on. In the end the orders, their ledger and Stripe must agree to the cent,
 * and the stock must be what was not sold.
 */
export async function cutPowerWhilePaying(rounds: number, random: () => number): Promise<PaymentCutFigures> {
  const shop = new SandboxShop()
  const stripe = await serveStripe(shop)
  const { staff, customers } = await shop.open(CUSTOMERS)
  const shoppers = customers.map((person): Shopper => ({ ...person }))
  for (let round = 1; round <= rounds; round += 1) {
    const load = { on: true }
    const shopping = Promise.all(shoppers.map((shopper) => keepPaying(shop, stripe, shopper, load, random)))
    await Promise.race([pause(1000 + random() * 3000), shopping])
    shop.kill()
    load.on = false
    await shopping
    await shop.start()
    for (const person of [...shoppers, staff]) await shop.refresh(person)
    console.log(
      `power cut ${round} of ${rounds} while paying: ${Object.keys(stripe.state.intents).length} payments so far`,
    )
  }
  for (const shopper of shoppers) if (shopper.pending) await send(shop, shopper, shopper.pending)
  const orders = await agreed(shop, stripe, staff)
  const { stock } = await shop.read(`/api/products/${shop.product}/`)
  const sold = orders.filter(({ status }) => status !== 'Cancelled').flatMap(({ items }) => items)
  const units = sold.reduce((sum, { quantity }) => sum + quantity, 0)
  if (stock !== STOCK - units) throw new Error(`${units} were sold, but the stock is ${stock} of ${STOCK}`)
  shop.kill()
  const integrity = spawnSync(process.execPath, ['scripts/integrity.ts'], {
    cwd: shop.sandbox,
    encoding: 'utf8',
  })
  console.log(integrity.stdout.trim())
  if (integrity.status !== 0) throw new Error(`The integrity check failed:\n${integrity.stderr}`)
  return {
    orders: orders.length,
    payments: Object.keys(stripe.state.intents).length,
    refunds: Object.keys(stripe.state.refunds).length,
  }
}

/** The stand-in, in this process, so that it survives the shop. The shop finds it by its .dev.vars. */
async function serveStripe(shop: SandboxShop): Promise<PretendStripe> {
  const [port, shopPort] = [await freePort(), await shop.choosePort()]
  const vars = {
    STRIPE_SECRET_KEY: SECRETS.secretKey,
    STRIPE_WEBHOOK_SECRET: SECRETS.webhookSecret,
    STRIPE_API: `http://127.0.0.1:${port}`,
  }
  for (const [name, value] of Object.entries(vars))
    appendFileSync(join(shop.sandbox, '.dev.vars'), `${name}="${value}"\n`)
  return servePretendStripe({
    ...SECRETS,
    port,
    file: join(shop.sandbox, 'pretend-stripe.json'),
    endpoint: `http://127.0.0.1:${shopPort}/api/payments/stripe/`,
  })
}

/** Orders, pays and sometimes cancels, until the shop is killed. */
async function keepPaying(
  shop: SandboxShop,
  stripe: PretendStripe,
  shopper: Shopper,
  load: { on: boolean },
  random: () => number,
): Promise<void> {
  while (load.on) {
    try {
      if (shopper.pending) await send(shop, shopper, shopper.pending)
      await send(shop, shopper, requestOf('/api/cart/', { product_id: shop.product, quantity: 1 }))
      const order = await send(shop, shopper, requestOf('/api/orders/create/', {}))
      if (order.status !== 201) continue
      const page = await send(shop, shopper, requestOf(`/api/orders/${order.body.id}/payment/`, {}))
      if (page.status === 200 && random() < 0.8) stripe.account.pay(page.body.url.split('/').at(-1))
      if (random() < 0.4) await send(shop, shopper, requestOf(`/api/orders/${order.body.id}/cancel/`, {}))
    } catch (error) {
      if (shop.isRunning) throw error
      return // the shop was killed; the request stays pending
    }
  }
}

const requestOf = (path: string, body: unknown) => ({ path, body, key: crypto.randomUUID() })

async function send(shop: SandboxShop, shopper: Shopper, pending: NonNullable<Shopper['pending']>) {
  shopper.pending = pending
  const { path, ...sent } = pending
  const answer = await shop.send(path, { ...sent, access: shopper.access })
  if (answer.status >= 500) throw new Error(`${path} answered ${answer.status}`)
  shopper.pending = undefined
  return answer
}

/** All orders, once they agree with Stripe. Events that have failed often would be due much later: they come now. */
async function agreed(shop: SandboxShop, stripe: PretendStripe, staff: Person): Promise<Order[]> {
  const late = AbortSignal.timeout(PATIENCE_MILLISECONDS)
  for (;;) {
    await shop.runJobOfTheMinute()
    await stripe.events.deliver({ all: true })
    const orders = await readOrders(shop, staff)
    const different = orders.filter((order) => !agrees(stripe, order))
    if (different.length === 0 && stripe.events.undelivered.length === 0) return orders
    if (late.aborted) {
      const events = stripe.events.undelivered.map(({ id, type }) => `${type} ${id}`)
      throw new Error(`Stripe and the shop disagree about ${JSON.stringify([...different, ...events])}`)
    }
    await pause(1000)
  }
}

async function readOrders(shop: SandboxShop, staff: Person): Promise<Order[]> {
  const orders: Order[] = []
  for (let next: string | null = '/api/admin/orders/?page_size=100'; next;) {
    const page: { results: Order[]; next: string | null } = await shop.read(next, staff.access)
    orders.push(...page.results)
    next = page.next
  }
  return orders
}

function agrees(stripe: PretendStripe, { id, status, payment }: Order): boolean {
  const paid = stripe.account
    .sessions()
    .filter((session) => session.client_reference_id === String(id) && session.payment_status === 'paid')
  const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0)
  const received = sum(paid.map(({ amount_total }) => amount_total!))
  const refunded = sum(paid.map(({ payment_intent }) => stripe.account.refundedOf(payment_intent as string)))
  if (Math.round(Number(payment.refunded) * 100) !== refunded) return false
  if (status === 'Cancelled') return received === refunded
  return payment.status === (received === 0 ? 'due' : 'paid')
}
