import { html } from 'lit-html'
import type { ProductQuery } from '../client/kiosk.ts'
import { categories, filtersView } from './filters.ts'
import type { Page } from './page.ts'
import { ProductList } from './product-list.ts'

const PAGE_SIZE = 24

/** Kept from one visit to the next: who comes back from a product finds the list as it was. */
let visited: { search: string; page: Page; at: number } | undefined
/** What the shop itself allows a catalogue to be old. */
const FRESH_MILLISECONDS = 60_000

export function browsePage(query: URLSearchParams): Page {
  const search = query.toString()
  const isFresh = visited?.search === search && Date.now() - visited.at < FRESH_MILLISECONDS
  if (!isFresh) visited = { search, page: makeBrowsePage(query), at: Date.now() }
  return visited!.page
}

function makeBrowsePage(query: URLSearchParams): Page {
  void categories.again()
  const products = new ProductList(toProductQuery(query), query.size === 0)
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
