import { runInDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { streamOf } from '../src/events/wake.ts'
import { d1Through } from './d1.ts'
import { ORIGIN } from './http.ts'

export interface Message {
  id: number
  type: string
  status: string
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into it freely
  order: any
  at: string
}

type DurableStream = ReturnType<typeof streamOf<typeof env.ORDER_STREAMS>>

/** Routes the D1 calls of this customer's object through `send` while `act` runs. */
export async function throughD1<T>(
  { id }: { id: number },
  send: Parameters<typeof d1Through>[1],
  act: (stream: DurableStream) => Promise<T>,
): Promise<T> {
  const stream = streamOf(env.ORDER_STREAMS, { user_id: id })
  const reachingD1 = (DB: D1Database) =>
    runInDurableObject(stream, (object) => void Object.assign(object, { env: { ...env, DB } }))
  await reachingD1(d1Through(env.DB, send))
  try {
    return await act(stream)
  } finally {
    await reachingD1(env.DB)
  }
}

/** Inserts events of this customer, without placing an order for each. */
export async function insertEvents(user_id: number, order_id: number, count: number, at = 0): Promise<void> {
  const many = JSON.stringify(Array.from({ length: count }, () => 0))
  await env.DB.prepare(
    `INSERT INTO order_events (order_id, user_id, from_status, to_status, actor_id, at)
     SELECT ?, ?, 'Pending', 'Pending', 1, ? FROM json_each(?)`,
  )
    .bind(order_id, user_id, at, many)
    .run()
}

/** Inserts orders of a hundred lines, 30 KB each, with an event each, without placing them. */
export async function insertLargeOrders(user_id: number, count: number): Promise<void> {
  const numbers = (length: number) => JSON.stringify(Array.from({ length }, (_, n) => n))
  const { results } = await env.DB.prepare(
    `INSERT INTO orders (user_id, total_cents, ship_name, ship_phone, created_at, updated_at)
     SELECT ?, 100, 'Ann', '1', 0, 0 FROM json_each(?) RETURNING id`,
  )
    .bind(user_id, numbers(count))
    .all<{ id: number }>()
  const ids = JSON.stringify(results.map(({ id }) => id))
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO order_lines (order_id, product_id, product_name, quantity, price_cents)
       SELECT orders.value, lines.value, ?, 1, 1 FROM json_each(?) AS orders, json_each(?) AS lines`,
    ).bind('A long name. '.repeat(16), ids, numbers(100)),
    env.DB.prepare(
      `INSERT INTO order_events (order_id, user_id, from_status, to_status, actor_id, at)
       SELECT value, ?, NULL, 'Pending', ?, 0 FROM json_each(?)`,
    ).bind(user_id, user_id, ids),
  ])
}

export async function eventIdsOf(user_id: number): Promise<number[]> {
  const { results } = await env.DB.prepare('SELECT id FROM order_events WHERE user_id = ? ORDER BY id')
    .bind(user_id)
    .all<{ id: number }>()
  return results.map(({ id }) => id)
}

/** A client's end of the stream of orders. */
export class Listener {
  readonly messages: Message[] = []
  /** Messages other than events. */
  readonly others: string[] = []
  #begin: number | undefined
  closed: { code: number; reason: string } | undefined
  readonly protocol: string | null
  readonly #socket: WebSocket
  #changed = () => {}

  constructor({ webSocket, headers }: Response) {
    this.protocol = headers.get('Sec-WebSocket-Protocol')
    this.#socket = webSocket!
    this.#socket.accept()
    this.#socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data as string)
      if (message.type === 'listening') this.#begin = message.id
      else if ('order' in message) this.messages.push(message)
      else this.others.push(data as string)
      this.#changed()
    })
    this.#socket.addEventListener('close', ({ code, reason }) => {
      this.closed = { code, reason }
      this.#changed()
    })
  }

  /** Bytes of the received events. */
  get bytes(): number {
    return JSON.stringify(this.messages).length
  }

  get ids(): number[] {
    return this.messages.map(({ id }) => id)
  }

  send(message: unknown): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  close(): void {
    this.#socket.close(1000)
  }

  /** Waits for this many events; fails with those received when they do not come. */
  async gets(count: number): Promise<Message[]> {
    await this.#until(() => this.messages.length >= count, `${count} events`)
    return this.messages
  }

  /** The id after which its events begin. */
  async begins(): Promise<number> {
    await this.#until(() => this.#begin !== undefined, 'where it begins')
    return this.#begin!
  }

  async ends(): Promise<{ code: number; reason: string }> {
    await this.#until(() => this.closed !== undefined, 'a close')
    return this.closed!
  }

  async hears(): Promise<string> {
    await this.#until(() => this.others.length > 0, 'an answer')
    return this.others.shift()!
  }

  async #until(isSo: () => boolean, what: string): Promise<void> {
    const late = AbortSignal.timeout(10_000)
    while (!isSo()) {
      if (late.aborted)
        throw new Error(`Waited for ${what}, got ${JSON.stringify([this.ids, this.others, this.closed])}`)
      await new Promise<void>((resolve) => {
        this.#changed = resolve
        setTimeout(resolve, 100)
      })
    }
  }
}

interface ListenOptions {
  since?: number | 'now'
  path?: string
  protocols?: string[]
  headers?: Record<string, string>
}

/** Opens a WebSocket as a browser does, with the token as its second subprotocol. */
export async function listen(
  token: string | undefined,
  { since, path = '/api/orders/events/', protocols, headers = {} }: ListenOptions = {},
): Promise<Listener> {
  const offered = protocols ?? ['kiosk.v1', ...(token === undefined ? [] : [`bearer.${token}`])]
  const response = await exports.default.fetch(
    new Request(`${ORIGIN}${path}${since === undefined ? '' : `?since=${since}`}`, {
      headers: {
        Upgrade: 'websocket',
        ...(offered.length > 0 ? { 'Sec-WebSocket-Protocol': offered.join(', ') } : {}),
        ...headers,
      },
    }),
  )
  if (response.status !== 101) throw new Error(`${response.status} ${await response.text()}`)
  return new Listener(response)
}

export const listenAsStaff = (token: string | undefined, listening: ListenOptions = {}) =>
  listen(token, { path: '/api/admin/orders/events/', ...listening })
