import { html, nothing, type TemplateResult } from 'lit-html'
import type { Listing, Order } from '../client/kiosk.ts'
import { Form } from './form.ts'
import { Loading } from './loading.ts'
import { requestRender } from './rendering.ts'

/** A list of orders, newest first, that live updates are merged into. It loads older orders on demand. */
export class OrderList {
  readonly #loading: Loading<{ orders: Order[]; hasMore: boolean; known: ReadonlySet<Order> }>
  readonly #loadingMore = new Form()
  readonly #updates = new Map<number, Order>()
  #pages = 1

  constructor(
    list: () => Listing<Order>,
    readonly matches: (order: Order) => boolean = () => true,
  ) {
    this.#loading = new Loading(() => this.#read(list()))
  }

  async #read(listing: Listing<Order>) {
    /** Updates that came before: the orders are at least as new. */
    const known = new Set(this.#updates.values())
    const orders: Order[] = []
    let [read, hasMore] = [0, false]
    for await (const { results, next } of listing.pages()) {
      orders.push(...results)
      hasMore = next !== null
      read += 1
      if (read === this.#pages) break
    }
    return { orders, hasMore, known }
  }

  update(order: Order): void {
    this.#updates.set(order.id, order)
    requestRender()
  }

  reload(): Promise<void> {
    return this.#loading.reload()
  }

  view(loaded: (orders: Order[]) => TemplateResult, empty: () => TemplateResult): TemplateResult {
    return this.#loading.view(({ orders, hasMore, known }) => {
      const newest = new Map(orders.map((order) => [order.id, order]))
      for (const order of this.#updates.values()) {
        // The loaded order may be newer than an update that came meanwhile, or older.
        const isOlder = order.updated_at < (newest.get(order.id)?.updated_at ?? '')
        if (!known.has(order) && !isOlder) newest.set(order.id, order)
      }
      const matching = [...newest.values()].filter(this.matches).toSorted((a, b) => b.id - a.id)
      if (matching.length === 0 && !hasMore) return empty()
      return html`${loaded(matching)} ${hasMore ? this.#moreView() : nothing}`
    })
  }

  #moreView(): TemplateResult {
    const { isBusy } = this.#loadingMore
    const more = () =>
      this.#loadingMore.run(() => {
        this.#pages += 1
        return this.reload()
      })
    return html`<p class="more">
      <button type="button" aria-disabled=${isBusy ? 'true' : 'false'} @click=${() => void more()}>
        ${isBusy ? 'Loading …' : 'Show more'}
      </button>
    </p>`
  }
}
