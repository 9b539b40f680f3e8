import { html, nothing, type TemplateResult } from 'lit-html'
import type { AdminProduct, Page as ListPage } from '../client/kiosk.ts'
import { Form } from './form.ts'
import { Loading } from './loading.ts'
import { money } from './money.ts'
import type { Page } from './page.ts'
import { fileName, saveFile } from './save-file.ts'
import { go, link, shop } from './session.ts'
import { staffNav } from './staff-nav.ts'
import { draftView } from './staff-product.ts'
import { moreThanShown, table } from './table.ts'

const PAGE_SIZE = 50

export function staffProductsPage(query: URLSearchParams): Page {
  const search = query.get('search') ?? ''
  const published = query.get('published') === 'false' ? false : undefined
  const isWhole = search === '' && published === undefined
  const listing = shop.admin.products.list({
    page_size: PAGE_SIZE,
    published,
    ...(search === '' ? { ordering: '-created_at' } : { search }),
  })
  const products = new Loading<ListPage<AdminProduct>>(() => listing.first())
  const low = new Loading<ListPage<AdminProduct>>(() =>
    shop.admin.products.list({ page_size: PAGE_SIZE, low_stock: true }).first(),
  )
  const find = (event: SubmitEvent) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget as HTMLFormElement).get('staff-search') as string
    go('/staff/products', given === '' ? {} : { search: given })
  }
  const exporting = new Form()
  const exportAll = async () => saveFile(await shop.admin.products.export(), fileName('products'))
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
        ${
          isWhole
            ? html`<a class="button" href=${link('/staff/products', { published: 'false' })}>Drafts</a>`
            : html`<a class="button" href=${link('/staff/products')}>All products</a>`
        }
        <a class="button" href=${link('/staff/import')}>Import</a>
        <button
          type="button"
          aria-disabled=${exporting.isBusy ? 'true' : 'false'}
          @click=${() => void exporting.run(exportAll)}
        >
          Export
        </button>
        <a class="button primary" href="#/staff/product/new">New product</a>
      </div>
      ${exporting.view()} ${isWhole ? low.view(lowView) : nothing}
      ${products.view(
        ({ results, count, count_is_lower_bound }) => html`
          <p class="count" role="status">
            ${results.length} of
            ${count}${count_is_lower_bound ? '+' : ''}${results.length < count && search === '' ? ', newest first' : ''}
          </p>
          ${productTable('Product table', results)}
        `,
      )}
    `,
  }
}

/** Empty if no product is low. */
function lowView(page: ListPage<AdminProduct>): TemplateResult {
  if (page.count === 0) return html``
  return html`
    <h2>Low stock</h2>
    ${productTable('Products with low stock', page.results)} ${moreThanShown(page)}
    <h2>All products</h2>
  `
}

function productTable(label: string, products: readonly AdminProduct[]): TemplateResult {
  return table(
    label,
    [['Product'], ['SKU'], ['Price', 'number'], ['Stock', 'number']],
    products.map(
      (each) =>
        html`<tr>
          <th scope="row"><a href=${link(`/staff/product/${each.id}`)}>${each.name}</a>${draftView(each)}</th>
          <td>${each.sku ?? ''}</td>
          <td class="number">${money(each.price)}</td>
          <td class="number ${stockClass(each)}">${each.stock}</td>
        </tr>`,
    ),
  )
}

function stockClass({ stock, low_stock }: AdminProduct): string {
  if (stock === 0) return 'sold-out'
  return low_stock !== null && stock <= low_stock ? 'low' : ''
}
