import type { TemplateResult } from 'lit-html'
import type { Order } from '../client/kiosk.ts'
import { Loading } from './loading.ts'
import { requestRender } from './rendering.ts'

/** A list of orders, newest first, that live updates are merged into. */
export class OrderList {
  readonly #loading: Loading<Order[]>
  readonly #updates = new Map<number, Order>()

  constructor(
    load: () => Promise<Order[]>,
    readonly matches: (order: Order) => boolean = () => true,
  ) {
    this.#loading = new Loading(load)
  }

  update(order: Order): void {
    this.#updates.set(order.id, order)
    requestRender()
  }

  reload(): void {
    void this.#loading.reload()
  }

  view(loaded: (orders: Order[]) => TemplateResult): TemplateResult {
    return this.#loading.view((orders) => {
      const newest = new Map(orders.map((order) => [order.id, order]))
      for (const order of this.#updates.values()) {
        // The loaded order may be newer than its update, or older.
        const isOlder = order.updated_at < (newest.get(order.id)?.updated_at ?? '')
        if (!isOlder) newest.set(order.id, order)
      }
      return loaded([...newest.values()].filter(this.matches).toSorted((a, b) => b.id - a.id))
    })
  }
}
