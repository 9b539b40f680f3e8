const SOCKETS = 10
const LARGE_ORDER_LINES = 100

/** Inserts events of orders with a hundred lines, more than a customer could place in a day. */
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
  // D1 ends a statement that takes too long.
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

/** Replays the event log on ten sockets, each from a different event, and reconnects whenever one closes. */
export class Replays {
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

function upTo(count: number): string {
  return JSON.stringify(Array.from({ length: count }, (_, n) => n))
}
