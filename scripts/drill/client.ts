import { pause, type Person } from '../real-shop.ts'

const BACK_WITHIN_MILLISECONDS = 500

/** What of a message the drill looks at. */
interface Message {
  id: number
  status: string
  order: { id: number }
}

/** The first time that an event came. */
interface Arrival {
  order_id: number
  status: string
  at: number
  /** When the connection opened on which it came. */
  connected_at: number
}

/**
 * A client of the stream of orders as it should be: cut off, it connects again and says how far it came.
 * It is there before the first order, and begins from now on.
 */
export class LiveClient {
  /** By id of the event. */
  readonly arrivals = new Map<number, Arrival>()
  /** What should never happen to a client, as sentences. */
  readonly faults: string[] = []
  connections = 0
  duplicates = 0
  readonly name: string
  readonly person: Person
  readonly #url: string
  readonly #roll: () => number
  #socket: WebSocket | undefined
  #newest = 0
  #hasLeft = false

  constructor(name: string, person: Person, url: string, roll: () => number) {
    this.name = name
    this.person = person
    this.#url = url
    this.#roll = roll
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
      if (code === 4401 || code === 4403) this.faults.push(`${this.name} was turned away: ${reason}.`)
      else void pause(this.#roll() * BACK_WITHIN_MILLISECONDS).then(() => this.#hasLeft || this.connect())
    })
  }

  #take(text: string, connected_at: number): void {
    const { id, status, order } = JSON.parse(text) as Message
    if (this.arrivals.has(id)) this.duplicates += 1
    else {
      if (id < this.#newest) this.faults.push(`${this.name} got event ${id} only after ${this.#newest}.`)
      this.arrivals.set(id, { order_id: order.id, status, at: performance.now(), connected_at })
      this.#newest = Math.max(this.#newest, id)
    }
  }

  /** Shows the newest token, in place of the one that runs out. */
  renew(): void {
    if (this.isConnected) this.#socket!.send(JSON.stringify({ type: 'auth', access: this.person.access }))
  }

  /** Closes the connection in good order, to come back; false when there is none. */
  hangUp(): boolean {
    const hadOne = this.isConnected
    this.#socket?.close(1000)
    return hadOne
  }

  leave(): void {
    this.#hasLeft = true
    this.hangUp()
  }
}
