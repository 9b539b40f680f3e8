import { setTimeout as pause } from 'node:timers/promises'
import type { People, Person, SandboxShop } from './sandbox-shop.ts'

/** Simultaneous changes. No customer and no order has two at a time. */
const WORKERS = 12
/** Of a worker, between two changes. */
const MAX_PAUSE_MILLISECONDS = 400
/** Longer than a shop that was killed takes to restart. */
const PATIENCE_MILLISECONDS = 150_000

type Status = 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled'

interface Order {
  id: number
  customer: Person
  status: Status
}

/** A change that the shop has confirmed. */
export interface Change {
  order_id: number
  customer: Person
  status: Status
  /** Undefined if the first attempt got no response. */
  timing: Timing | undefined
}

interface Timing {
  sent_at: number
  answered_at: number
}

/** Random simultaneous changes: customers order and cancel, staff ship and deliver. */
export class Workload {
  readonly changes: Change[] = []
  readonly #shop: SandboxShop
  readonly #people: People
  readonly #random: () => number
  readonly #idle: Person[]
  /** Orders whose status can still change. */
  readonly #open: Order[] = []
  readonly #maxPause: number
  #left: number

  constructor(
    shop: SandboxShop,
    people: People,
    changes: number,
    random: () => number,
    maxPause = MAX_PAUSE_MILLISECONDS,
  ) {
    this.#shop = shop
    this.#people = people
    this.#idle = [...people.customers]
    this.#left = changes
    this.#random = random
    this.#maxPause = maxPause
  }

  /** The number of changes still to make. */
  get left(): number {
    return this.#left
  }

  async run(): Promise<void> {
    const workers = Math.min(WORKERS, this.#idle.length) // so that each finds an idle customer
    await Promise.all(Array.from({ length: workers }, () => this.#work()))
  }

  async #work(): Promise<void> {
    while (this.#left > 0) {
      this.#left -= 1
      const order = this.#random() < 0.5 ? this.#take(this.#open) : undefined
      if (order) await this.#move(order)
      else await this.#place()
      await pause(this.#random() * this.#maxPause)
    }
  }

  async #place(): Promise<void> {
    const customer = this.#take(this.#idle)!
    const line = { product_id: this.#shop.product, quantity: 1 }
    await this.#retry('/api/cart/', { body: line, access: customer.access })
    const { body, timing } = await this.#retry('/api/orders/create/', {
      body: {},
      access: customer.access,
    })
    this.#idle.push(customer)
    this.#record({ id: body.id, customer, status: 'Pending' }, timing)
  }

  async #move({ id, customer, status: from }: Order): Promise<void> {
    const { staff } = this.#people
    const chance = this.#random()
    const status = from === 'Shipped' ? 'Delivered' : chance < 0.6 ? 'Shipped' : 'Cancelled'
    const { timing } =
      status === 'Cancelled' && chance < 0.8
        ? await this.#retry(`/api/orders/${id}/cancel/`, { body: {}, access: customer.access })
        : await this.#retry(`/api/admin/orders/${id}/`, {
            method: 'PATCH',
            body: { status },
            access: staff.access,
          })
    this.#record({ id, customer, status }, timing)
  }

  #record(order: Order, timing: Timing | undefined): void {
    const { id: order_id, customer, status } = order
    this.changes.push({ order_id, customer, status, timing })
    if (status === 'Pending' || status === 'Shipped') this.#open.push(order)
  }

  /** Removes a random element, so that no other worker uses it meanwhile. */
  #take<T>(of: T[]): T | undefined {
    return of.splice(Math.floor(this.#random() * of.length), 1)[0]
  }

  /** Repeats a request with the same key until the shop responds: it may be down. */
  async #retry(path: string, sent: Parameters<SandboxShop['send']>[1]) {
    const key = crypto.randomUUID()
    const sent_at = performance.now()
    for (let isFirst = true; performance.now() < sent_at + PATIENCE_MILLISECONDS; isFirst = false) {
      const answer = await this.#shop.send(path, { ...sent, key }).catch(() => undefined)
      if (answer && answer.status < 300)
        return {
          body: answer.body,
          timing: isFirst ? { sent_at, answered_at: performance.now() } : undefined,
        }
      if (answer && answer.status !== 503)
        throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
      await pause(200)
    }
    throw new Error(`${path} got no answer in time`)
  }
}
