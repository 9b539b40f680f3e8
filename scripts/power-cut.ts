import { spawnSync } from 'node:child_process'
import { pause, type Person, RealShop, STOCK } from './real-shop.ts'

/**
 * A shop under load loses power, again and again: the whole process group is killed at a random moment,
 * started again on the same state, and every request without an answer is sent again with its key. Each
 * key must have had one effect, and the audit must be clean.
 */

const CUSTOMERS = 6

interface Pending {
  path: string
  body: unknown
  key: string
}

interface Shopper extends Person {
  /** What has been sent and not yet answered. */
  pending?: Pending | undefined
  /** Quantity added and orders placed, as far as answers told. */
  added: number
  orders: Set<number>
}

export interface PowerCutFigures {
  rounds: number
  orders: number
  unanswered: number
}

export async function cutPower(rounds: number, roll: () => number): Promise<PowerCutFigures> {
  const shop = new RealShop()
  const { product, customers } = await shop.open(CUSTOMERS)
  const shoppers = customers.map((person): Shopper => ({ ...person, added: 0, orders: new Set() }))
  let unanswered = 0
  for (let round = 1; round <= rounds; round += 1) {
    const load = { on: true }
    const shopping = shoppers.map((shopper) => keepShopping(shop, shopper, product, load))
    await pause(300 + roll() * 1500)
    shop.kill()
    load.on = false
    await Promise.all(shopping)
    const lost = shoppers.filter(({ pending }) => pending).length
    unanswered += lost
    await shop.start()
    for (const shopper of shoppers) {
      await shop.renew(shopper)
      if (shopper.pending) await send(shop, shopper, shopper.pending)
    }
    await compare(shop, shoppers, product)
    console.log(`power cut ${round} of ${rounds}: ${lost} requests unanswered, all accounted for`)
  }
  shop.kill()
  const audit = spawnSync(process.execPath, ['scripts/audit.ts'], { cwd: shop.workshop, encoding: 'utf8' })
  console.log(audit.stdout.trim())
  if (audit.status !== 0) throw new Error(`The audit found something:\n${audit.stderr}`)
  return { rounds, orders: shoppers.reduce((sum, { orders }) => sum + orders.size, 0), unanswered }
}

/** Adds and orders in turn until the power goes. */
async function keepShopping(
  shop: RealShop,
  shopper: Shopper,
  product: number,
  load: { on: boolean },
): Promise<void> {
  while (load.on) {
    try {
      await send(shop, shopper, {
        path: '/api/cart/',
        body: { product_id: product, quantity: 1 },
        key: crypto.randomUUID(),
      })
      await send(shop, shopper, { path: '/api/orders/create/', body: {}, key: crypto.randomUUID() })
    } catch {
      return // the power has gone; what was pending stays so
    }
  }
}

async function send(shop: RealShop, shopper: Shopper, pending: Pending): Promise<void> {
  shopper.pending = pending
  const { path, ...sent } = pending
  const { status, body } = await shop.send(path, { ...sent, access: shopper.access })
  if (status === 503) throw new Error('out of reach')
  const empty = path === '/api/orders/create/' && body.code === 'cart_empty'
  if (status >= 300 && !empty) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`)
  if (path === '/api/cart/') shopper.added += 1
  else if (!empty) shopper.orders.add(body.id)
  shopper.pending = undefined
}

/** What customers were told, against what the shop says now: no effect lost, none doubled. */
async function compare(shop: RealShop, shoppers: readonly Shopper[], product: number): Promise<void> {
  let sold = 0
  for (const { email, access, added, orders } of shoppers) {
    const [list, cart] = [
      await shop.read('/api/orders/?page_size=1', access),
      await shop.read('/api/cart/', access),
    ]
    const inCart = cart.items.reduce((sum: number, { quantity }: { quantity: number }) => sum + quantity, 0)
    if (list.count !== orders.size)
      throw new Error(`${email} was told of ${orders.size} orders, the shop has ${list.count}`)
    let ordered = 0
    for (let next: string | null = '/api/orders/?page_size=100'; next;) {
      const page: { results: { items: { quantity: number }[] }[]; next: string | null } = await shop.read(
        next,
        access,
      )
      for (const { items } of page.results) for (const { quantity } of items) ordered += quantity
      next = page.next
    }
    if (ordered + inCart !== added)
      throw new Error(`${email} added ${added}, the shop has ${ordered} ordered and ${inCart} in the cart`)
    sold += ordered
  }
  const { stock } = await shop.read(`/api/products/${product}/`)
  if (stock !== STOCK - sold) throw new Error(`${sold} were sold, but the stock is ${stock} of ${STOCK}`)
}
