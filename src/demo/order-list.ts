import type { TemplateResult } from 'lit-html'
import type { Order } from '../client/kiosk.ts'
import { Loading } from './loading.ts'
import { update } from './update.ts'

/** Orders as they were read, and as they were heard of since; the newest first. */
export class OrderList {
  readonly #read: Loading<Order[]>
  readonly #heard = new Map<number, Order>()

  constructor(
    read: () => Promise<Order[]>,
    readonly fits: (order: Order) => boolean = () => true,
  ) {
    this.#read = new Loading(read)
  }

  hear(order: Order): void {
    this.#heard.set(order.id, order)
    update()
  }

  again(): void {
    void this.#read.again()
  }

  view(whenHere: (orders: Order[]) => TemplateResult): TemplateResult {
    return this.#read.view((read) => {
      const newest = new Map(read.map((order) => [order.id, order]))
      for (const order of this.#heard.values()) {
        // What is read may be older than what was heard while it came, and the other way round.
        const isOlder = order.updated_at < (newest.get(order.id)?.updated_at ?? '')
        if (!isOlder) newest.set(order.id, order)
      }
      return whenHere([...newest.values()].filter(this.fits).toSorted((a, b) => b.id - a.id))
    })
  }
}
