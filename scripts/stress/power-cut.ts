import { spawnSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { type Person, SandboxShop, STOCK } from './sandbox-shop.ts'

const CUSTOMERS = 6

interface Pending {
  path: string
  body: unknown
  key: string
}

interface Shopper extends Person {
  /** The request that has no response yet. */
  pending?: Pending | undefined
  /** Units added and orders placed, by the responses received. */
  added: number
  orders: Set<number>
}

export interface PowerCutFigures {
  rounds: number
  orders: number
  unanswered: number
}

/**
 * Kills a shop under load at random moments, restarts it on the same data, and repeats every unanswered
 * request with its key. Each key must have had one effect, and the integrity checks must pass.
 */
export async function cutPower(rounds: number, random: () => number): Promise<PowerCutFigures> {
  const shop = new SandboxShop()
  const { customers } = await shop.open(CUSTOMERS)
  const { product } = shop
  const shoppers = customers.map((person): Shopper => ({ ...person, added: 0, orders: new Set() }))
  let unanswered = 0
  for (let round = 1; round <= rounds; round += 1) {
    const load = { on: true }
    const shopping = Promise.all(shoppers.map((shopper) => keepShopping(shop, shopper, product, load)))
    await Promise.race([pause(300 + random() * 1500), shopping])
    shop.kill()
    load.on = false
    await shopping
    const open = shoppers.filter(({ pending }) => pending).length
    unanswered += open
    await shop.start()
    for (const shopper of shoppers) {
      await shop.refresh(shopper)
      if (shopper.pending) await send(shop, shopper, shopper.pending)
    }
    await compare(shop, shoppers, product)
    console.log(`power cut ${round} of ${rounds}: ${open} requests unanswered, all accounted for`)
  }
  shop.kill()
  const integrity = spawnSync(process.execPath, ['scripts/integrity.ts'], {
    cwd: shop.sandbox,
    encoding: 'utf8',
  })
  console.log(integrity.stdout.trim())
  if (integrity.status !== 0) throw new Error(`The integrity check failed:\n${integrity.stderr}`)
  return { rounds, orders: shoppers.reduce((sum, { orders }) => sum + orders.size, 0), unanswered }
}

/** Fills and orders a cart in turn until the shop is killed. */
async function keepShopping(
  shop: SandboxShop,
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
    } catch (error) {
      if (shop.isRunning) throw error
      return // the shop was killed; the request stays pending
    }
  }
}

async function send(shop: SandboxShop, shopper: Shopper, pending: Pending): Promise<void> {
  shopper.pending = pending
  const { path, ...sent } = pending
  const { status, body } = await shop.send(path, { ...sent, access: shopper.access })
  if (status === 503) throw new Error('The shop is not reachable')
  const empty = path === '/api/orders/create/' && body.code === 'cart_empty'
  if (status >= 300 && !empty) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`)
  if (path === '/api/cart/') shopper.added += 1
  else if (!empty) shopper.orders.add(body.id)
  shopper.pending = undefined
}

/** Compares the responses that customers got with the data of the shop: no write may be lost or duplicated. */
async function compare(shop: SandboxShop, shoppers: readonly Shopper[], product: number): Promise<void> {
  let sold = 0
  for (const { email, access, added, orders } of shoppers) {
    const [list, cart] = [
      await shop.read('/api/orders/?page_size=1', access),
      await shop.read('/api/cart/', access),
    ]
    const inCart = cart.items.reduce((sum: number, { quantity }: { quantity: number }) => sum + quantity, 0)
    if (list.count !== orders.size)
      throw new Error(`${email} placed ${orders.size} orders, the shop has ${list.count}`)
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
