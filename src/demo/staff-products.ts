import { html } from 'lit-html'
import type { Page as ListPage, Product } from '../client/kiosk.ts'
import { Loading } from './loading.ts'
import { money } from './money.ts'
import type { Page } from './page.ts'
import { go, link, shop } from './session.ts'
import { staffNav } from './staff-nav.ts'
import { table } from './table.ts'

const PAGE_SIZE = 50

export function staffProductsPage(query: URLSearchParams): Page {
  const search = query.get('search') ?? ''
  const listing = shop.admin.products.list({
    page_size: PAGE_SIZE,
    ...(search === '' ? { ordering: '-created_at' } : { search }),
  })
  const products = new Loading<ListPage<Product>>(() => listing.first())
  const find = (event: SubmitEvent) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget as HTMLFormElement).get('staff-search') as string
    go('/staff/products', given === '' ? {} : { search: given })
  }
  return {
    title: 'Products',
    view: () => html`
      ${staffNav('/staff/products')}
      <h1 tabindex="-1">Products</h1>
      <div class="toolbar">
        <form role="search" aria-label="Products" @submit=${find}>
          <label for="staff-search" class="hidden">Search products</label>
          <input
            id="staff-search"
            name="staff-search"
            type="search"
            .value=${search}
            placeholder="Search products"
          />
          <button>Search</button>
        </form>
        <a class="button primary" href="#/staff/product/new">New product</a>
      </div>
      ${products.view(
        ({ results, count }) => html`
          <p class="count" role="status">
            ${results.length} of ${count}${results.length < count && search === '' ? ', newest first' : ''}
          </p>
          ${table(
            'Product table',
            [['Product'], ['Price', 'number'], ['Stock', 'number']],
            results.map(
              ({ id, name, price, stock }) =>
                html`<tr>
                  <th scope="row"><a href=${link(`/staff/product/${id}`)}>${name}</a></th>
                  <td class="number">${money(price)}</td>
                  <td class="number ${stock === 0 ? 'sold-out' : ''}">${stock}</td>
                </tr>`,
            ),
          )}
        `,
      )}
    `,
  }
}
