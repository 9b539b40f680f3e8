import { html, nothing, type TemplateResult } from 'lit-html'
import type { Listing, Order } from '../client/kiosk.ts'
import { Form } from './form.ts'
import { Loading } from './loading.ts'
import { requestRender } from './rendering.ts'

interface Loaded {
  orders: Order[]
  pages: number
  hasMore: boolean
  /**
   * Updates that came before this read. The read replaces them: a refund changes an order without changing
   * `updated_at`, and an order that the list lacks has left it.
   */
  known: ReadonlySet<Order>
}

/** A list of orders, newest first, that live updates are merged into. It loads older orders on demand. */
export class OrderList {
  readonly #loading: Loading<Loaded>
  readonly #loadingMore = new Form()
  readonly #updates = new Map<number, Order>()
  #wantedPages = 1

  constructor(
    list: () => Listing<Order>,
    readonly matches: (order: Order) => boolean = () => true,
    /** Whether an updated order stays in view when the list lacks it. */
    readonly stays: (order: Order) => boolean = () => false,
  ) {
    this.#loading = new Loading(() => this.#read(list()))
  }

  async #read(listing: Listing<Order>): Promise<Loaded> {
    const known = new Set(this.#updates.values())
    const orders: Order[] = []
    let [pages, hasMore] = [0, false]
    for await (const { results, next } of listing.pages()) {
      orders.push(...results)
      hasMore = next !== null
      pages += 1
      if (pages === this.#wantedPages) break
    }
    return { orders, pages, hasMore, known }
  }

  /** Ignores a state older than the last one: a response and events may arrive in any order. */
  update(order: Order): void {
    const last = this.#updates.get(order.id)
    if (last && order.updated_at < last.updated_at) return
    this.#updates.set(order.id, order)
    requestRender()
  }

  reload(): Promise<void> {
    return this.#loading.reload()
  }

  view(loaded: (orders: Order[]) => TemplateResult, empty: () => TemplateResult): TemplateResult {
    return this.#loading.view(({ orders, pages, hasMore, known }) => {
      const newest = new Map(orders.map((order) => [order.id, order]))
      for (const order of this.#updates.values()) {
        const read = newest.get(order.id)
        // The loaded order may be newer than an update that came meanwhile, or older.
        const isOlder = read && order.updated_at < read.updated_at
        const isReplaced = known.has(order) && (read || !this.stays(order))
        if (!isOlder && !isReplaced) newest.set(order.id, order)
      }
      const matching = [...newest.values()].filter(this.matches).toSorted((a, b) => b.id - a.id)
      if (matching.length === 0 && !hasMore) return empty()
      return html`${loaded(matching)} ${hasMore ? this.#moreView(pages + 1) : nothing}`
    })
  }

  #moreView(wanted: number): TemplateResult {
    const { isBusy } = this.#loadingMore
    const more = () =>
      this.#loadingMore.run(() => {
        this.#wantedPages = wanted
        return this.reload()
      })
    return html`<p class="more">
      <button type="button" aria-disabled=${isBusy ? 'true' : 'false'} @click=${() => void more()}>
        ${isBusy ? 'Loading …' : 'Show more'}
      </button>
    </p>`
  }
}
