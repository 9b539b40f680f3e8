import { html, nothing, type TemplateResult } from 'lit-html'
import { ref } from 'lit-html/directives/ref.js'
import type { Listing, Page, Problem, Product, ProductQuery } from '../client/kiosk.ts'
import { offlineView, problemOf, problemView } from './loading.ts'
import { money } from './money.ts'
import { pictureOf } from './picture.ts'
import { counted } from './plural.ts'
import { link, shop } from './session.ts'
import { requestRender } from './rendering.ts'

const LOW_STOCK = 5

/** A list that loads more products as the user scrolls. */
export class ProductList {
  readonly #listing: Listing<Product>
  #last: Page<Product> | undefined
  #found: Product[] = []
  #isLoading = false
  #problem: Problem | undefined
  #end: Element | undefined
  readonly #nearEnd = new IntersectionObserver(
    ([end]) => void (end?.isIntersecting && !this.#problem && this.more()),
    { rootMargin: '600px' },
  )

  readonly #isUnfiltered: boolean

  constructor(query: ProductQuery, isUnfiltered: boolean) {
    this.#isUnfiltered = isUnfiltered
    this.#listing = shop.products.list(query)
    void this.more()
  }

  async more(): Promise<void> {
    if (this.#isLoading) return
    this.#isLoading = true
    requestRender()
    try {
      const page = await (this.#last ? this.#listing.next(this.#last) : this.#listing.first())
      this.#found = [...this.#found, ...(page?.results ?? [])]
      this.#last = page ?? this.#last
      this.#problem = undefined
    } catch (error) {
      this.#problem = problemOf(error)
      if (this.#problem.code === 'unreachable')
        addEventListener('online', () => void this.more(), { once: true })
    } finally {
      this.#isLoading = false
      this.#watchEnd(this.#end) // it may still be near
      requestRender()
    }
  }

  readonly #watchEnd = (end: Element | undefined): void => {
    this.#end = end
    this.#nearEnd.disconnect()
    if (end) this.#nearEnd.observe(end)
  }

  view(): TemplateResult {
    const last = this.#last
    if (!last && !navigator.onLine) return offlineView
    if (!last && this.#problem) return problemView(this.#problem, () => void this.more())
    if (last?.count === 0) {
      return html`<div class="empty">
        ${
          this.#isUnfiltered
            ? html`<p>There are no products yet.</p>`
            : html`<p>No products found.</p>
                <a class="button" href="#/">Show all products</a>`
        }
      </div>`
    }
    return html`
      <p class="count" role="status">${last ? `${this.#found.length} of ${totalOf(last)}` : 'Loading …'}</p>
      <ul class="products">
        ${this.#found.map(productCard)}
        ${this.#isLoading ? Array.from({ length: last ? 4 : 8 }, () => placeholderCard) : nothing}
      </ul>
      ${
        last?.next === null
          ? nothing
          : html`<p class="more" ${ref(this.#watchEnd)}>
              <button type="button" ?disabled=${this.#isLoading} @click=${() => void this.more()}>
                ${this.#isLoading ? 'Loading …' : this.#problem ? 'Loading failed. Try again' : 'Show more'}
              </button>
            </p>`
      }
    `
  }
}

function totalOf({ count, count_is_lower_bound }: Page<Product>): string {
  return count_is_lower_bound ? `${count}+ products` : counted(count, 'product')
}

/** Two to six cards in a row. */
const CARD_SIZES = '(min-width: 48rem) 12rem, 45vw'

function productCard(product: Product): TemplateResult {
  const { id, name, price, stock } = product
  return html`<li class="card">
    <a href=${link(`/product/${id}`)}>
      ${pictureOf(product, CARD_SIZES)}
      <span class="name">${name}</span>
      <span class="price">${money(price)}</span>
      <span class="stock">${stockView(stock)}</span>
    </a>
  </li>`
}

const placeholderCard = html`<li class="card placeholder" aria-hidden="true">
  <span class="picture"></span><span class="name"></span><span class="price"></span
  ><span class="stock"></span>
</li>`

export function stockView(stock: number): TemplateResult {
  if (stock === 0) return html`<span class="sold-out">Sold out</span>`
  if (stock <= LOW_STOCK) return html`<span class="low">Only ${stock} left</span>`
  return html`In stock`
}
