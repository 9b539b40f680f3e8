import { html, nothing, type TemplateResult } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { ref } from 'lit-html/directives/ref.js'
import type { Category, Listing, Page as ListPage, Problem, Product, ProductQuery } from '../client/kiosk.ts'
import { choice } from './form.ts'
import { Loading, problemOf, problemView } from './loading.ts'
import { money } from './money.ts'
import type { Page } from './page.ts'
import { picture } from './picture.ts'
import { go, link, shop } from './session.ts'
import { update } from './update.ts'

const PAGE_SIZE = 24
const LOW_STOCK = 5

const ORDERINGS = [
  ['price', 'Price, low first'],
  ['-price', 'Price, high first'],
  ['name', 'Name'],
  ['-created_at', 'Newest'],
] as const

/** Kept from one visit to the next: who comes back from a product finds the list as it was. */
let visited: { search: string; page: Page; at: number } | undefined
/** What the shop itself allows a catalogue to be old. */
const FRESH_MILLISECONDS = 60_000

export const categories = new Loading<Category[]>(async () =>
  Array.fromAsync(shop.categories.list({ page_size: 100 })),
)

export function browsePage(query: URLSearchParams): Page {
  const search = query.toString()
  const isFresh = visited?.search === search && Date.now() - visited.at < FRESH_MILLISECONDS
  if (!isFresh) visited = { search, page: makeBrowsePage(query), at: Date.now() }
  return visited!.page
}

function makeBrowsePage(query: URLSearchParams): Page {
  void categories.again()
  const products = new Products(toProductQuery(query), query.size === 0)
  const search = query.get('search') ?? ''
  return {
    title: search === '' ? 'All products' : `“${search}”`,
    view: () => html`
      <h1 tabindex="-1">${search === '' ? 'What would you like?' : `“${search}”`}</h1>
      <div class="browse">
        ${filtersView(query)}
        <section aria-label="Products">${products.view()}</section>
      </div>
    `,
  }
}

function toProductQuery(query: URLSearchParams): ProductQuery {
  const given: object = Object.fromEntries(query) // what is no filter, or no good one, the shop says
  return { ...given, category: query.getAll('category'), page_size: PAGE_SIZE }
}

/** A list that grows as one comes to its end. */
class Products {
  readonly #listing: Listing<Product>
  #last: ListPage<Product> | undefined
  #found: Product[] = []
  #isLoading = false
  #problem: Problem | undefined
  #end: Element | undefined
  readonly #nearEnd = new IntersectionObserver(
    ([end]) => void (end?.isIntersecting && !this.#problem && this.more()),
    { rootMargin: '600px' },
  )

  /** Whether the shop has nothing else. */
  readonly #isWhole: boolean

  constructor(query: ProductQuery, isWhole: boolean) {
    this.#isWhole = isWhole
    this.#listing = shop.products.list(query)
    void this.more()
  }

  async more(): Promise<void> {
    if (this.#isLoading) return
    this.#isLoading = true
    update()
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
      update()
    }
  }

  readonly #watchEnd = (end: Element | undefined): void => {
    this.#end = end
    this.#nearEnd.disconnect()
    if (end) this.#nearEnd.observe(end)
  }

  view(): TemplateResult {
    const last = this.#last
    if (!last && this.#problem) return problemView(this.#problem, () => void this.more())
    if (last?.count === 0) {
      return html`<div class="empty">
        ${
          this.#isWhole
            ? html`<p>Nothing is for sale yet.</p>`
            : html`<p>Nothing here fits that.</p>
                <a class="button" href="#/">Show everything</a>`
        }
      </div>`
    }
    return html`
      <p class="count" role="status">
        ${last ? `${this.#found.length} of ${last.count}${last.count_is_lower_bound ? ' or more' : ''} products` : 'Looking …'}
      </p>
      <ul class="products">
        ${this.#found.map(productCard)}
        ${this.#isLoading ? Array.from({ length: last ? 4 : 8 }, () => placeholderCard) : nothing}
      </ul>
      ${
        last?.next === null
          ? nothing
          : html`<p class="more" ${ref(this.#watchEnd)}>
              <button type="button" ?disabled=${this.#isLoading} @click=${() => void this.more()}>
                ${this.#isLoading ? 'Loading …' : this.#problem ? 'That failed. Try again' : 'Show more'}
              </button>
            </p>`
      }
    `
  }
}

function productCard({ id, name, price, stock }: Product): TemplateResult {
  return html`<li class="card">
    <a href=${link(`/product/${id}`)}>
      ${picture(id)}
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

function filtersView(query: URLSearchParams): TemplateResult {
  const chosen = query.getAll('category')
  const active = [...query.keys()].filter((name) => !['search', 'ordering'].includes(name)).length
  const apply = (event: Event) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    if (!form.reportValidity()) return
    const next = new URLSearchParams()
    for (const [name, value] of new FormData(form)) {
      const given = name.endsWith('_price') ? (value as string).replace(',', '.') : (value as string)
      if (given !== '') next.append(name, given)
    }
    if (query.has('search')) next.set('search', query.get('search')!)
    location.hash = `#/?${next.toString()}`
  }
  return html`
    <form class="filters" @change=${apply} @submit=${apply}>
      ${choice('ordering', 'Sort by', [['', query.has('search') ? 'Best match' : 'Featured'], ...ORDERINGS], query.get('ordering') ?? '')}
      <details ?open=${matchMedia('(min-width: 48rem)').matches}>
        <summary>Filters${active > 0 ? html` <span class="badge">${active}</span>` : nothing}</summary>
        <fieldset>
          <legend>Category</legend>
          ${categories.view(
            (list) =>
              html`${list.map(
                ({ name, product_count }) =>
                  html`<label class="check">
                    <input
                      type="checkbox"
                      name="category"
                      value=${name}
                      .checked=${live(chosen.includes(name))}
                    />
                    ${name} <small>${product_count}</small>
                  </label>`,
              )}`,
            html`<p class="count">Loading …</p>`,
          )}
        </fieldset>
        <fieldset class="range">
          <legend>Price</legend>
          <label>
            from
            <input
              name="min_price"
              inputmode="decimal"
              title="Such as 12.50"
              pattern="\\d+([.,]\\d{1,2})?"
              .value=${query.get('min_price') ?? ''}
            />
          </label>
          <label>
            to
            <input
              name="max_price"
              inputmode="decimal"
              title="Such as 12.50"
              pattern="\\d+([.,]\\d{1,2})?"
              .value=${query.get('max_price') ?? ''}
            />
          </label>
        </fieldset>
        <label class="check">
          <input
            type="checkbox"
            name="in_stock"
            value="true"
            .checked=${live(query.get('in_stock') === 'true')}
          />
          In stock only
        </label>
        ${
          active > 0
            ? html`<button type="button" class="quiet" @click=${() => go('/', keepOnly(query, 'search'))}>
                Clear filters
              </button>`
            : nothing
        }
      </details>
    </form>
  `
}

function keepOnly(query: URLSearchParams, name: string): Record<string, string> {
  const value = query.get(name)
  return value === null ? {} : { [name]: value }
}
