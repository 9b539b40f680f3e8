import { html, nothing, type TemplateResult } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { type Cart, newKey, type Problem } from '../client/kiosk.ts'
import { basket, keepCart, readCart } from './basket.ts'
import { type Entered, Form, submit } from './form.ts'
import { Loading } from './loading.ts'
import { money } from './money.ts'
import { say } from './notices.ts'
import type { Page } from './page.ts'
import { picture } from './picture.ts'
import { recipientFields } from './recipient.ts'
import { go, link, shop } from './session.ts'

type Line = Cart['items'][number]

export function cartPage(): Page {
  const cart = new Loading(readCart)
  const profile = new Loading(() => shop.profile.get())
  const changing = new Form()
  const ordering = new Form()
  /** Of the order that is being placed: the same until it is known what became of it. */
  let key = newKey()

  const setQuantity = (line: Line, quantity: number) =>
    changing.run(async () => keepCart(await shop.cart.setQuantity(line.id, quantity)))

  async function place(
    entered: Entered<'ship_to.name' | 'ship_to.phone' | 'ship_to.address'>,
  ): Promise<void> {
    const ship_to = {
      name: entered['ship_to.name'],
      phone: entered['ship_to.phone'],
      address: entered['ship_to.address'] || null,
    }
    try {
      const order = await shop.orders.place({ ship_to, expected_total: basket.cart!.grand_total }, { key })
      keepCart(undefined)
      say('Thank you! Your order has been placed.')
      go(`/order/${order.id}`)
      void readCart()
    } catch (error) {
      const isKnown = (error as Problem).code !== 'unreachable'
      if (isKnown) key = newKey()
      if (isKnown) void readCart() // prices and stock as they are now
      throw error
    }
  }

  return {
    title: 'Cart',
    view: () => html`
      <h1 tabindex="-1">Your cart</h1>
      ${cart.view(() => (basket.cart && basket.cart.items.length > 0 ? filled(basket.cart) : empty))}
    `,
  }

  function filled({ items, grand_total }: Cart): TemplateResult {
    return html`
      <div class="checkout">
        <section aria-label="Lines">
          <ul class="lines">
            ${items.map((line) => lineView(line))}
          </ul>
          ${changing.view()}
        </section>
        <section aria-labelledby="deliver">
          <h2 id="deliver">Deliver to</h2>
          ${profile.view(
            (recipient) => html`
              <form @submit=${ordering.send(place)}>
                ${recipientFields(ordering, recipient, { within: 'ship_to.' })}
                <p class="total">Total <strong>${money(grand_total)}</strong></p>
                ${refusalView()} ${submit(ordering, 'Place the order')}
              </form>
            `,
          )}
        </section>
      </div>
    `
  }

  function refusalView(): TemplateResult | typeof nothing {
    const { problem } = ordering
    if (problem?.is('insufficient_stock'))
      return html`<div class="wrong" role="alert">
        <p>Somebody was faster. Nothing has been ordered yet:</p>
        <ul>
          ${problem.body.items?.map(
            ({ product, requested, available }) =>
              html`<li>
                ${product}: ${available === 0 ? 'sold out' : `only ${available} left`}, you wanted
                ${requested}.
              </li>`,
          )}
        </ul>
      </div>`
    if (problem?.is('total_changed'))
      return html`<p class="wrong" role="alert">
        Prices have changed: the total is ${money(problem.body.total_price)} now. Place the order if that is
        fine.
      </p>`
    return ordering.view('ship_to.name', 'ship_to.phone', 'ship_to.address')
  }

  function lineView(line: Line): TemplateResult {
    const { id, product, quantity, total_price } = line
    const short = quantity > product.stock
    const changed = (event: Event) => {
      const input = event.currentTarget as HTMLInputElement
      if (input.reportValidity()) void setQuantity(line, Number(input.value))
    }
    return html`<li class="line">
      <a href=${link(`/product/${product.id}`)} tabindex="-1" aria-hidden="true">${picture(product.id)}</a>
      <div>
        <a href=${link(`/product/${product.id}`)}>${product.name}</a>
        <p class="unit">${money(product.price)} each</p>
        ${
          short
            ? html`<p class="wrong">${product.stock === 0 ? 'Sold out.' : `Only ${product.stock} left.`}</p>`
            : nothing
        }
      </div>
      <label class="quantity">
        <span class="hidden">Quantity of ${product.name}</span>
        <input
          type="number"
          min="1"
          max="100000"
          required
          .value=${live(String(quantity))}
          @change=${changed}
          ?disabled=${changing.isBusy}
        />
      </label>
      <strong class="price">${money(total_price)}</strong>
      <button
        type="button"
        class="quiet"
        aria-label="Remove ${product.name}"
        ?disabled=${changing.isBusy}
        @click=${() => void setQuantity(line, 0)}
        data-line=${id}
      >
        Remove
      </button>
    </li>`
  }
}

const empty = html`<div class="empty">
  <p>There is nothing in it yet.</p>
  <a class="button" href="#/">To the shop</a>
</div>`
