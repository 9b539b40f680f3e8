import { html } from 'lit-html'
import type { ProductQuery } from '../client/kiosk.ts'
import { categories, filtersView } from './filters.ts'
import type { Page } from './page.ts'
import { ProductList } from './product-list.ts'

const PAGE_SIZE = 24

/** The last list, so that it is as it was when the user comes back from a product. */
let visited: { search: string; page: Page; at: number } | undefined
/** As long as the shop itself may cache its catalog. */
const FRESH_MILLISECONDS = 60_000

export function browsePage(query: URLSearchParams): Page {
  const search = query.toString()
  const isFresh = visited?.search === search && Date.now() - visited.at < FRESH_MILLISECONDS
  if (!isFresh) visited = { search, page: makeBrowsePage(query), at: Date.now() }
  return visited!.page
}

function makeBrowsePage(query: URLSearchParams): Page {
  void categories.reload()
  const products = new ProductList(toProductQuery(query), query.size === 0)
  const search = query.get('search') ?? ''
  return {
    title: search === '' ? 'All products' : `“${search}”`,
    view: () => html`
      <h1 tabindex="-1">${search === '' ? 'All products' : `Results for “${search}”`}</h1>
      <div class="browse">
        ${filtersView(query)}
        <section aria-label="Products">${products.view()}</section>
      </div>
    `,
  }
}

function toProductQuery(query: URLSearchParams): ProductQuery {
  // The shop validates the filters. The client would take one with the name `signal` for an AbortSignal.
  const { signal: _, ...given } = Object.fromEntries(query)
  return { ...given, category: query.getAll('category'), page_size: PAGE_SIZE }
}
