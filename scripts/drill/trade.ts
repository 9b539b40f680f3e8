import { type Parties, pause, type Person, type RealShop } from '../real-shop.ts'

/** So many changes at once; no customer acts twice at a time, an order is not moved twice at a time. */
const HANDS = 12
const REST_MILLISECONDS = 400
/** Longer than a shop that was killed takes to open again. */
const PATIENCE_MILLISECONDS = 150_000

type Status = 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled'

interface Order {
  id: number
  customer: Person
  status: Status
}

/** A change that was answered. */
export interface Change {
  order_id: number
  customer: Person
  status: Status
  /** Undefined where only a repeat got an answer. */
  moments: Moments | undefined
}

interface Moments {
  sent_at: number
  answered_at: number
}

/** Customers who order and cancel, staff who ship and deliver: so many changes, random and at once. */
export class Trade {
  readonly changes: Change[] = []
  readonly #shop: RealShop
  readonly #parties: Parties
  readonly #roll: () => number
  readonly #idle: Person[]
  /** Orders that can still change. */
  readonly #open: Order[] = []
  #left: number

  constructor(shop: RealShop, parties: Parties, changes: number, roll: () => number) {
    this.#shop = shop
    this.#parties = parties
    this.#idle = [...parties.customers]
    this.#left = changes
    this.#roll = roll
  }

  /** Changes that are still to be made. */
  get left(): number {
    return this.#left
  }

  async run(): Promise<void> {
    const hands = Math.min(HANDS, this.#idle.length) // so that each finds an idle customer
    await Promise.all(Array.from({ length: hands }, () => this.#work()))
  }

  async #work(): Promise<void> {
    while (this.#left > 0) {
      this.#left -= 1
      const order = this.#roll() < 0.5 ? this.#any(this.#open) : undefined
      if (order) await this.#move(order)
      else await this.#place()
      await pause(this.#roll() * REST_MILLISECONDS)
    }
  }

  async #place(): Promise<void> {
    const customer = this.#any(this.#idle)!
    const line = { product_id: this.#parties.product, quantity: 1 }
    await this.#insist('/api/cart/', { body: line, access: customer.access })
    const { body, moments } = await this.#insist('/api/orders/create/', {
      body: {},
      access: customer.access,
    })
    this.#idle.push(customer)
    this.#changed({ id: body.id, customer, status: 'Pending' }, moments)
  }

  async #move({ id, customer, status: from }: Order): Promise<void> {
    const { staff } = this.#parties
    const dice = this.#roll()
    const status = from === 'Shipped' ? 'Delivered' : dice < 0.6 ? 'Shipped' : 'Cancelled'
    const { moments } =
      status === 'Cancelled' && dice < 0.8
        ? await this.#insist(`/api/orders/${id}/cancel/`, { body: {}, access: customer.access })
        : await this.#insist(`/api/admin/orders/${id}/`, {
            method: 'PATCH',
            body: { status },
            access: staff.access,
          })
    this.#changed({ id, customer, status }, moments)
  }

  #changed(order: Order, moments: Moments | undefined): void {
    const { id: order_id, customer, status } = order
    this.changes.push({ order_id, customer, status, moments })
    if (status === 'Pending' || status === 'Shipped') this.#open.push(order)
  }

  /** Takes one out, so that nobody else has it meanwhile. */
  #any<T>(of: T[]): T | undefined {
    return of.splice(Math.floor(this.#roll() * of.length), 1)[0]
  }

  /** Sends it, with the same key, until the shop answers: it may be out just now. */
  async #insist(path: string, sent: Parameters<RealShop['send']>[1]) {
    const key = crypto.randomUUID()
    const sent_at = performance.now()
    for (let isFirst = true; performance.now() < sent_at + PATIENCE_MILLISECONDS; isFirst = false) {
      const answer = await this.#shop.send(path, { ...sent, key }).catch(() => undefined)
      if (answer && answer.status < 300)
        return {
          body: answer.body,
          moments: isFirst ? { sent_at, answered_at: performance.now() } : undefined,
        }
      if (answer && answer.status !== 503)
        throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
      await pause(200)
    }
    throw new Error(`${path} got no answer in time`)
  }
}
