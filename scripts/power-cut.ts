import { spawnSync } from 'node:child_process'
import { demoStaff, killShop, startShop } from './local-shop.ts'
import { openWorkshop } from './workshop.ts'

/**
 * A shop under load loses power, again and again: the whole process group is killed at a random moment,
 * started again on the same state, and every request without an answer is sent again with its key. Each
 * key must have had one effect, and the audit must be clean.
 */

const PORT = 8797
const API = `http://127.0.0.1:${PORT}/api`
const CUSTOMERS = 6
const PASSWORD = 'correct horse battery'
const STOCK = 1_000_000

interface Pending {
  path: string
  body: unknown
  key: string
}

interface Shopper {
  email: string
  access: string
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
  const workshop = openWorkshop()
  let server = await startShop(workshop, PORT)
  const { product, shoppers } = await openShop(workshop)
  let unanswered = 0
  for (let round = 1; round <= rounds; round += 1) {
    const load = { on: true }
    const shopping = shoppers.map((shopper) => shop(shopper, product, load))
    await new Promise((resolve) => setTimeout(resolve, 300 + roll() * 1500))
    killShop(server)
    load.on = false
    await Promise.all(shopping)
    const lost = shoppers.filter(({ pending }) => pending).length
    unanswered += lost
    server = await startShop(workshop, PORT)
    for (const shopper of shoppers) {
      shopper.access = await logIn(shopper.email, PASSWORD)
      if (shopper.pending) await send(shopper, shopper.pending)
    }
    await compare(shoppers, product)
    console.log(`power cut ${round} of ${rounds}: ${lost} requests unanswered, all accounted for`)
  }
  killShop(server)
  const audit = spawnSync(process.execPath, ['scripts/audit.ts'], { cwd: workshop, encoding: 'utf8' })
  console.log(audit.stdout.trim())
  if (audit.status !== 0) throw new Error(`The audit found something:\n${audit.stderr}`)
  return { rounds, orders: shoppers.reduce((sum, { orders }) => sum + orders.size, 0), unanswered }
}

async function openShop(workshop: string): Promise<{ product: number; shoppers: Shopper[] }> {
  const { email: owner, password } = demoStaff(workshop)
  const staff = await logIn(owner, password)
  const thing = { name: 'Thing', description: '', price: '1.00', stock: STOCK, category: 1 }
  const { id: product } = (await request('/admin/products/', thing, staff)).body
  const shoppers = []
  for (let n = 0; n < CUSTOMERS; n += 1) {
    const email = `shopper-${n}@example.com`
    await request('/users/register/', { email, password: PASSWORD, name: 'Shopper', phone: '1' })
    shoppers.push({ email, access: await logIn(email, PASSWORD), added: 0, orders: new Set<number>() })
  }
  return { product, shoppers }
}

/** Adds and orders in turn until the power goes. */
async function shop(shopper: Shopper, product: number, load: { on: boolean }): Promise<void> {
  while (load.on) {
    try {
      await send(shopper, {
        path: '/cart/',
        body: { product_id: product, quantity: 1 },
        key: crypto.randomUUID(),
      })
      await send(shopper, { path: '/orders/create/', body: {}, key: crypto.randomUUID() })
    } catch {
      return // the power has gone; what was pending stays so
    }
  }
}

async function send(shopper: Shopper, pending: Pending): Promise<void> {
  shopper.pending = pending
  const { status, body } = await request(pending.path, pending.body, shopper.access, pending.key)
  if (status === 503) throw new Error('out of reach')
  const empty = pending.path === '/orders/create/' && body.code === 'cart_empty'
  if (status >= 300 && !empty) throw new Error(`${pending.path} answered ${status}: ${JSON.stringify(body)}`)
  if (pending.path === '/cart/') shopper.added += 1
  else if (!empty) shopper.orders.add(body.id)
  shopper.pending = undefined
}

/** What customers were told, against what the shop says now: no effect lost, none doubled. */
async function compare(shoppers: readonly Shopper[], product: number): Promise<void> {
  let sold = 0
  for (const { email, access, added, orders } of shoppers) {
    const [list, cart] = [await read('/orders/?page_size=1', access), await read('/cart/', access)]
    const inCart = cart.items.reduce((sum: number, { quantity }: { quantity: number }) => sum + quantity, 0)
    if (list.count !== orders.size)
      throw new Error(`${email} was told of ${orders.size} orders, the shop has ${list.count}`)
    let ordered = 0
    for (let next: string | null = `${API}/orders/?page_size=100`; next;) {
      const page: { results: { items: { quantity: number }[] }[]; next: string | null } = await (
        await fetch(next, { headers: { Authorization: `Bearer ${access}` } })
      ).json()
      for (const { items } of page.results) for (const { quantity } of items) ordered += quantity
      next = page.next
    }
    if (ordered + inCart !== added)
      throw new Error(`${email} added ${added}, the shop has ${ordered} ordered and ${inCart} in the cart`)
    sold += ordered
  }
  const { stock } = await read(`/products/${product}/`)
  if (stock !== STOCK - sold) throw new Error(`${sold} were sold, but the stock is ${stock} of ${STOCK}`)
}

async function logIn(email: string, password: string): Promise<string> {
  return (await request('/token/', { email, password })).body.access
}

async function read(path: string, access?: string) {
  const headers = access === undefined ? {} : { Authorization: `Bearer ${access}` }
  // oxlint-disable-next-line typescript/no-explicit-any -- looked into freely
  return (await (await fetch(API + path, { headers })).json()) as any
}

async function request(path: string, body: unknown, access?: string, key?: string) {
  const answer = await fetch(API + path, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(access === undefined ? {} : { Authorization: `Bearer ${access}` }),
      ...(key === undefined ? {} : { 'Idempotency-Key': key }),
    },
    body: JSON.stringify(body),
  })
  // oxlint-disable-next-line typescript/no-explicit-any -- looked into freely
  return { status: answer.status, body: (await answer.json()) as any }
}
