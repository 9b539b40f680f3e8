import { html, nothing, type TemplateResult } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import type { Category } from '../client/kiosk.ts'
import { choice } from './form.ts'
import { Loading } from './loading.ts'
import { go, shop } from './session.ts'

const ORDERINGS = [
  ['price', 'Price: low to high'],
  ['-price', 'Price: high to low'],
  ['name', 'Name'],
  ['-created_at', 'Newest'],
] as const

export const categories = new Loading<Category[]>(async () =>
  Array.fromAsync(shop.categories.list({ page_size: 100 })),
)

/** The filters and the ordering of a list, all kept in the URL. */
export function filtersView(query: URLSearchParams): TemplateResult {
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
      ${choice('ordering', 'Sort by', [['', query.has('search') ? 'Best match' : 'Default order'], ...ORDERINGS], query.get('ordering') ?? '')}
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
          ${priceField('From', 'min_price', query)} ${priceField('To', 'max_price', query)}
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

function priceField(label: string, name: string, query: URLSearchParams): TemplateResult {
  return html`<label>
    ${label}
    <input
      name=${name}
      inputmode="decimal"
      title="For example 12.50"
      pattern="\\d+([.,]\\d{1,2})?"
      .value=${query.get(name) ?? ''}
    />
  </label>`
}

function keepOnly(query: URLSearchParams, name: string): Record<string, string> {
  const value = query.get(name)
  return value === null ? {} : { [name]: value }
}
