import { html, nothing } from 'lit-html'
import type { Picture } from '../client/kiosk.ts'
import { cartState, setCart } from './cart-state.ts'
import { categories } from './filters.ts'
import { type Entered, Form, field, submit } from './form.ts'
import { IdempotencyKey } from './idempotency-key.ts'
import { Loading } from './loading.ts'
import { money } from './money.ts'
import type { Page } from './page.ts'
import { photo, shapes } from './picture.ts'
import { onlyAvailable } from './plural.ts'
import { stockView } from './product-list.ts'
import { requestRender } from './rendering.ts'
import { asCustomer, link, shop } from './session.ts'

const MAX_QUANTITY = 100_000

export function productPage(id: number): Page {
  const product = new Loading(() => shop.products.get(id))
  const adding = new Form()
  const key = new IdempotencyKey()
  let shown = 0

  async function add({ quantity }: Entered<'quantity'>): Promise<void> {
    setCart(await asCustomer(() => key.send((withKey) => shop.cart.add(id, Number(quantity), withKey))))
  }

  return {
    get title() {
      return product.value?.name ?? 'Product'
    },
    view: () =>
      product.view(
        ({ name, description, price, stock, category, pictures }) => html`
          <article class="product">
            ${galleryView(pictures)}
            <div>
              ${categoryView(category)}
              <h1 tabindex="-1">${name}</h1>
              <p class="price">${money(price)}</p>
              <p>${stockView(stock)}</p>
              <p class="description">${description}</p>
              ${
                stock === 0
                  ? nothing
                  : html`<form class="buy" @submit=${adding.send(add)}>
                      ${field(adding, 'quantity', 'Quantity', {
                        type: 'number',
                        value: '1',
                        min: 1,
                        max: MAX_QUANTITY,
                      })}
                      ${submit(adding, 'Add to cart')}
                    </form>`
              }
              ${availableView()} ${inCartView()}
            </div>
          </article>
        `,
        html`<div class="product placeholder" aria-hidden="true">
          <span class="picture"></span>
          <div><span class="line"></span><span class="line"></span><span class="line long"></span></div>
        </div>`,
      ),
  }

  function galleryView(pictures: readonly Picture[]) {
    const large = pictures[shown] ?? pictures[0]
    if (!large) return shapes(id)
    const show = (index: number) => {
      shown = index
      requestRender()
    }
    return html`<div class="gallery">
      ${photo(large, '(min-width: 48rem) 32rem, 92vw')}
      ${
        pictures.length === 1
          ? nothing
          : html`<div role="group" aria-label="Pictures">
              ${pictures.map(
                (each, index) =>
                  html`<button
                    type="button"
                    aria-label="Picture ${index + 1} of ${pictures.length}"
                    aria-pressed=${each === large ? 'true' : 'false'}
                    @click=${() => show(index)}
                  >
                    ${photo({ ...each, alt: '' }, '4rem')}
                  </button>`,
              )}
            </div>`
      }
    </div>`
  }

  function availableView() {
    const { problem } = adding
    if (problem?.is('insufficient_stock') && problem.body.available !== undefined) {
      return html`<p class="wrong" role="alert">${onlyAvailable(problem.body.available)}</p>`
    }
    return adding.view('quantity')
  }

  function inCartView() {
    const line = cartState.cart?.items.find((item) => item.product.id === id)
    return html`<p class="in-cart" role="status">
      ${line ? html`${line.quantity} in your cart. <a href="#/cart">View cart</a>` : nothing}
    </p>`
  }
}

function categoryView(id: number) {
  const category = categories.value?.find((each) => each.id === id)
  return html`<p class="category">
    ${category ? html`<a href=${link('/', { category: category.name })}>${category.name}</a>` : html`&nbsp;`}
  </p>`
}
