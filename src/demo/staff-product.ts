import { html, nothing, type TemplateResult } from 'lit-html'
import type { AdminProduct, Category, StockMovement } from '../client/kiosk.ts'
import { actorName } from './actor.ts'
import { choice, type Entered, field, Form, submit, ConfirmButton } from './form.ts'
import { IdempotencyKey } from './idempotency-key.ts'
import { Loading, sentenceOf } from './loading.ts'
import { moment } from './money.ts'
import { notify } from './notices.ts'
import type { Page } from './page.ts'
import { go, shop } from './session.ts'
import { staffNav } from './staff-nav.ts'
import { PictureEditor } from './staff-pictures.ts'
import { moreThanShown, table } from './table.ts'

const MAX_STOCK = 1_000_000_000

const readCategories = () => Array.fromAsync(shop.admin.categories.list({ page_size: 100 }))

export function newProductPage(): Page {
  const form = new Form()
  const categories = new Loading(readCategories)
  const key = new IdempotencyKey()
  const create = async (entered: Entered<ProductField | 'stock'>) => {
    const body = toProduct(entered, { stock: entered.stock })
    const { id, name } = await key.send((withKey) => shop.admin.products.create(body, withKey))
    notify(`${name} has been created.`)
    go(`/staff/product/${id}`)
  }
  return {
    title: 'New product',
    view: () => html`
      ${staffNav('/staff/products')}
      <div class="narrow">
        <h1 tabindex="-1">New product</h1>
        ${categories.view(
          (list) =>
            html`<form @submit=${form.send(create)}>
              ${productFields(form, list)}
              ${field(form, 'stock', 'Stock', { type: 'number', value: '0', min: 0, max: MAX_STOCK })}
              ${form.view('name', 'description', 'price', 'tax_rate', 'sku', 'low_stock', 'stock')}
              ${submit(form, 'Create product')}
            </form>`,
        )}
      </div>
    `,
  }
}

export function staffProductPage(id: number): Page {
  const product = new Loading(() => shop.admin.products.get(id))
  const categories = new Loading(readCategories)
  const movements = new Loading(() => shop.admin.products.movements(id, { page_size: 50 }).first())
  const [editing, correcting] = [new Form(), new Form()]
  const correctionKey = new IdempotencyKey()
  const savingKey = new IdempotencyKey()
  const pictures = new PictureEditor(id, product)
  const deleting = new ConfirmButton('Delete this product', 'Yes, delete this product', remove)

  async function save(entered: Entered<ProductField>): Promise<void> {
    const { value } = product
    const changes = toProduct(entered, {})
    const ifMatch = shop.etagOf(value!)
    product.set(
      await savingKey.send((withKey) => shop.admin.products.update(id, changes, { ifMatch, ...withKey })),
    )
    notify('Changes saved.')
  }

  /** A correction adds to the stock whatever orders do meanwhile; a stock-take sets the counted number. */
  async function correct({ kind, units }: Entered<'kind' | 'units'>): Promise<void> {
    const change = kind === 'count' ? { stock: units } : { stock_delta: units }
    const corrected = await correctionKey.send((withKey) => shop.admin.products.update(id, change, withKey))
    product.set(corrected)
    await movements.reload()
    notify(`Stock is now ${corrected.stock}.`)
  }

  async function remove(): Promise<void> {
    await shop.admin.products.delete(id)
    notify(`${product.value!.name} has been deleted.`)
    go('/staff/products')
  }

  return {
    get title() {
      return product.value?.name ?? 'Product'
    },
    view: () => html`
      ${staffNav('/staff/products')}
      ${product.view(
        (each) => html`
          <h1 tabindex="-1">${each.name}${draftView(each)}</h1>
          <div class="columns">
            <section aria-labelledby="edit">
              <h2 id="edit">Details</h2>
              <form @submit=${editing.send(save)}>
                ${productFields(editing, categories.value ?? [], each)}
                ${
                  editing.problem?.is('precondition_failed')
                    ? html`<p class="wrong" role="alert">
                        Someone else has changed this product.
                        <button type="button" @click=${() => void editing.run(() => product.reload())}>
                          Load the current version
                        </button>
                      </p>`
                    : editing.view('name', 'description', 'price', 'tax_rate', 'sku', 'low_stock')
                }
                ${submit(editing, 'Save')}
              </form>
              ${deleting.view()}
            </section>
            ${pictures.view(each)}
            <section aria-labelledby="stock-heading">
              <h2 id="stock-heading">Stock: ${each.stock}</h2>
              <form class="correct" @submit=${correcting.send(correct)}>
                ${choice('kind', 'Change', CHANGES, 'delta')}
                ${field(correcting, 'units', 'Units', { type: 'number', value: '1', min: -MAX_STOCK, max: MAX_STOCK })}
                ${stockProblemView(correcting)} ${submit(correcting, 'Update stock')}
              </form>
              <h2>Stock history</h2>
              ${movements.view((page) => html`${movementsView(page.results)} ${moreThanShown(page)}`)}
            </section>
          </div>
        `,
      )}
    `,
  }
}

type ProductField =
  'name' | 'description' | 'price' | 'tax_rate' | 'category' | 'sku' | 'low_stock' | 'published'

const STATUSES = [
  ['true', 'On sale'],
  ['false', 'Draft, seen by staff only'],
] as const

const CHANGES = [
  ['delta', 'Add (negative to remove)'],
  ['count', 'Set to the counted stock'],
] as const

function stockProblemView(form: Form) {
  const { problem } = form
  if (!problem) return nothing
  if (problem.is('insufficient_stock'))
    return html`<p class="wrong" role="alert">Only ${problem.body.available} in stock.</p>`
  const messages = [...(problem.errors['stock'] ?? []), ...(problem.errors['stock_delta'] ?? [])]
  return html`<p class="wrong" role="alert">${messages.join(' ') || sentenceOf(problem)}</p>`
}

function toProduct<More extends object>(
  { name, description, price, category, tax_rate, sku, low_stock, published }: Entered<ProductField>,
  more: More,
) {
  return {
    name,
    description,
    price,
    category,
    tax_rate: tax_rate || null,
    sku: sku.trim() || null,
    low_stock: low_stock || null,
    published: published === 'true',
    ...more,
  }
}

/** A mark behind the name of a draft. */
export function draftView({ published }: AdminProduct) {
  return published ? nothing : html` <span class="draft">Draft</span>`
}

function productFields(form: Form, categories: readonly Category[], product?: AdminProduct): TemplateResult {
  return html`
    ${field(form, 'name', 'Name', { value: product?.name ?? '', maxlength: 255 })}
    ${field(form, 'description', 'Description', {
      value: product?.description ?? '',
      maxlength: 10_000,
      rows: 4,
      required: false,
    })}
    ${field(form, 'price', 'Price', { value: product?.price ?? '', inputmode: 'decimal', hint: 'For example 12.50' })}
    ${field(form, 'tax_rate', 'Tax rate in percent', {
      value: product?.tax_rate ?? '',
      inputmode: 'decimal',
      hint: 'Contained in the price. Empty for the rate of the shop.',
      required: false,
    })}
    ${choice(
      'category',
      'Category',
      categories.map(({ id, name }) => [String(id), name] as const),
      String(product?.category ?? categories[0]?.id ?? ''),
    )}
    ${field(form, 'sku', 'SKU', {
      value: product?.sku ?? '',
      maxlength: 64,
      required: false,
      hint: 'Your own number of the product',
    })}
    ${field(form, 'low_stock', 'Reorder level', {
      type: 'number',
      value: String(product?.low_stock ?? ''),
      min: 0,
      max: MAX_STOCK,
      required: false,
      hint: 'Listed as low at or below this stock',
    })}
    ${choice('published', 'Status', STATUSES, String(product?.published ?? true))}
  `
}

const REASONS: Record<StockMovement['reason'], string> = {
  initial: 'Created',
  order: 'Order',
  cancellation: 'Cancelled order',
  return: 'Return from order',
  correction: 'Correction',
  'stock-take': 'Stock-take',
  deletion: 'Deleted',
}

function movementsView(movements: StockMovement[]): TemplateResult {
  return table(
    'Stock history',
    [['Time'], ['Reason'], ['Change', 'number'], ['Balance', 'number']],
    movements.map(
      ({ at, reason, order_id, actor, delta, stock_after }) =>
        html`<tr>
          <td>${moment(at)}</td>
          <td>
            ${REASONS[reason]}${order_id === null ? nothing : ` ${order_id}`}<br /><small
              >${actorName(actor)}</small
            >
          </td>
          <td class="number">${delta > 0 ? `+${delta}` : delta}</td>
          <td class="number">${stock_after}</td>
        </tr>`,
    ),
  )
}
