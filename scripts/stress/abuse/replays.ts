/**
 * One customer makes the shop replay as much as it will: ten sockets, each from another event, opened again
 * whenever they end. Beside it somebody else shops, and is told apart from a quiet shop.
 */

const SOCKETS = 10
const LARGE_ORDER_LINES = 100

interface Attack {
  /** Of the shop, such as http://127.0.0.1:8787. */
  origin: string
  /** The access token of who attacks, a customer with many events of large orders. */
  attacker: string
  /** The access token of who shops meanwhile. */
  customer: string
  seconds: number
}

export interface Damage {
  sent_bytes: number
  messages: number
  connections: number
  /** Of the customer's requests, in milliseconds. */
  p90: { quiet: number; attacked: number }
}

export async function attackReplays({ origin, attacker, customer, seconds }: Attack): Promise<Damage> {
  const quiet = await shop(origin, customer, seconds)
  const replay = new Replay(`${origin.replace('http', 'ws')}/api/orders/events/`, attacker)
  const attacked = await shop(origin, customer, seconds)
  replay.end()
  const { sent_bytes, messages, connections } = replay
  return { sent_bytes, messages, connections, p90: { quiet: p90(quiet), attacked: p90(attacked) } }
}

/** What the attack needs and no customer could order in a day: so many events of orders of a hundred lines. */
export async function insertLargeOrders(db: D1Database, user_id: number, events: number): Promise<void> {
  const [orders] = await db.batch<{ id: number }>([
    db
      .prepare(
        `INSERT INTO orders (user_id, total_cents, ship_name, ship_phone, created_at, updated_at)
         SELECT ?, 100, 'Ann', '1', 0, 0 FROM json_each(?) RETURNING id`,
      )
      .bind(user_id, upTo(events)),
  ])
  const ids = orders!.results.map(({ id }) => id)
  // D1 takes so long for a statement and no longer.
  for (let n = 0; n < ids.length; n += 100) {
    const some = JSON.stringify(ids.slice(n, n + 100))
    await db.batch([
      db
        .prepare(
          `INSERT INTO order_lines (order_id, product_id, product_name, quantity, price_cents)
           SELECT orders.value, lines.value, ?, 1, 1 FROM json_each(?) AS orders, json_each(?) AS lines`,
        )
        .bind('A name as long as some names of products are', some, upTo(LARGE_ORDER_LINES)),
      db
        .prepare(
          `INSERT INTO order_events (order_id, user_id, from_status, to_status, actor_id, at)
           SELECT value, ?, NULL, 'Pending', ?, 0 FROM json_each(?)`,
        )
        .bind(user_id, user_id, some),
    ])
  }
}

class Replay {
  sent_bytes = 0
  messages = 0
  connections = 0
  readonly #url: string
  readonly #access: string
  readonly #sockets = new Map<number, WebSocket>()
  #hasEnded = false

  constructor(url: string, access: string) {
    this.#url = url
    this.#access = access
    for (let since = 0; since < SOCKETS; since += 1) this.#open(since)
  }

  end(): void {
    this.#hasEnded = true
    for (const socket of this.#sockets.values()) socket.close()
  }

  #open(since: number): void {
    if (this.#hasEnded) return
    const socket = new WebSocket(`${this.#url}?since=${since}`, ['kiosk.v1', `bearer.${this.#access}`])
    this.#sockets.set(since, socket)
    socket.addEventListener('open', () => (this.connections += 1))
    socket.addEventListener('message', ({ data }) => {
      this.sent_bytes += Buffer.byteLength(data as string)
      this.messages += 1
    })
    socket.addEventListener('close', () => setTimeout(() => this.#open(since), 100))
  }
}

/** Looks at products and at the cart, one after the other; how long each took, in milliseconds. */
async function shop(origin: string, access: string, seconds: number): Promise<number[]> {
  const took: number[] = []
  const headers = { Authorization: `Bearer ${access}` }
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    for (const path of ['/api/products/', '/api/cart/']) {
      const began = performance.now()
      const answer = await fetch(origin + path, { headers })
      await answer.body?.cancel()
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}.`)
      took.push(performance.now() - began)
      await new Promise((resolve) => setTimeout(resolve, 100)) // as a person does, and within the limits
    }
  }
  return took
}

function p90(milliseconds: readonly number[]): number {
  const sorted = milliseconds.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.ceil(sorted.length * 0.9) - 1] ?? 0)
}

function upTo(count: number): string {
  return JSON.stringify(Array.from({ length: count }, (_, n) => n))
}
