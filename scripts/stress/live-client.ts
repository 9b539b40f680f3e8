import { setTimeout as pause } from 'node:timers/promises'
import type { Person } from './sandbox-shop.ts'

const MAX_BACKOFF_MILLISECONDS = 500

interface Message {
  id: number
  status: string
  order: { id: number }
}

/** The first delivery of an event. */
interface Arrival {
  order_id: number
  status: string
  at: number
  /** When the connection that delivered it was opened. */
  connected_at: number
}

/**
 * A well-behaved client of the order stream: after a cut it reconnects from the last event that it got. It
 * connects before the first order, so it starts from now.
 */
export class LiveClient {
  /** By event id. */
  readonly arrivals = new Map<number, Arrival>()
  /** Violations of the promises to a client, as sentences. */
  readonly faults: string[] = []
  connections = 0
  duplicates = 0
  readonly name: string
  readonly person: Person
  readonly #url: string
  readonly #random: () => number
  #socket: WebSocket | undefined
  #newest = 0
  #isClosed = false

  constructor(name: string, person: Person, url: string, random: () => number) {
    this.name = name
    this.person = person
    this.#url = url
    this.#random = random
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  connect(): void {
    const since = this.connections === 0 ? '' : `?since=${this.#newest}`
    const socket = new WebSocket(this.#url + since, ['kiosk.v1', `bearer.${this.person.access}`])
    this.#socket = socket
    let connected_at = Infinity
    socket.addEventListener('open', () => {
      connected_at = performance.now()
      this.connections += 1
    })
    socket.addEventListener('message', ({ data }) => this.#take(data as string, connected_at))
    socket.addEventListener('close', ({ code, reason }) => {
      if (code === 4401 || code === 4403) this.faults.push(`${this.name} was rejected: ${reason}.`)
      else void pause(this.#random() * MAX_BACKOFF_MILLISECONDS).then(() => this.#isClosed || this.connect())
    })
  }

  #take(text: string, connected_at: number): void {
    const { id, status, order } = JSON.parse(text) as Message
    if (this.arrivals.has(id)) this.duplicates += 1
    else {
      if (id < this.#newest) this.faults.push(`${this.name} got event ${id} after event ${this.#newest}.`)
      this.arrivals.set(id, { order_id: order.id, status, at: performance.now(), connected_at })
      this.#newest = Math.max(this.#newest, id)
    }
  }

  /** Sends the newest access token, in place of the one that expires. */
  renewToken(): void {
    if (this.isConnected) this.#socket!.send(JSON.stringify({ type: 'auth', access: this.person.access }))
  }

  /** Closes the connection cleanly, which makes the client reconnect; false when there is none. */
  disconnect(): boolean {
    const hadOne = this.isConnected
    this.#socket?.close(1000)
    return hadOne
  }

  close(): void {
    this.#isClosed = true
    this.disconnect()
  }
}
