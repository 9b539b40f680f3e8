import { html, nothing, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import { type Cart, type CartChange, type Order, Problem } from '../client/kiosk.ts'
import { changesView, sentenceOfChange } from './cart-changes.ts'
import { cartState, setCart, readCart, refreshCart } from './cart-state.ts'
import { type Entered, Form, submit } from './form.ts'
import { contactOf, emailField, GUEST_FIELDS, guestFields, type GuestFields } from './guest.ts'
import { IdempotencyKey } from './idempotency-key.ts'
import { Loading, problemOf, sentenceOf } from './loading.ts'
import { money } from './money.ts'
import { notify } from './notices.ts'
import { thankFor } from './orders.ts'
import { goPay } from './payment.ts'
import { takesPayments } from './about.ts'
import type { Page } from './page.ts'
import { pictureOf } from './picture.ts'
import { onlyAvailable } from './plural.ts'
import { DeliveryChoice, taxesView } from './delivery.ts'
import { recipientFields, recipientIn, recipientNames } from './recipient.ts'
import { go, link, shop } from './session.ts'
import { requestRender } from './rendering.ts'

type Line = Cart['items'][number]

export function cartPage(): Page {
  if (!shop.account)
    return {
      title: 'Cart',
      view: () =>
        html`<h1 tabindex="-1">Your cart</h1>
          ${empty}`,
    }
  const cart = new Loading(readCart)
  const profile = new Loading(async () => {
    const recipient = await shop.profile.get()
    delivery.setCountry(recipient.country ?? '')
    return recipient
  })
  const delivery = new DeliveryChoice()
  const isGuest = shop.account.is_guest
  /** Whether the shop has refused an address in free text. */
  let needsAddress = false
  /** Three fields are enough for a guest, unless the shop needs the separate fields of an address. */
  const hasFewFields = () => isGuest && !needsAddress && !delivery.needsCountry
  const changing = new Form()
  const ordering = new Form()
  const orderKey = new IdempotencyKey()

  /** The quantity that the shop refused, and what there is instead. */
  let refused: { id: number; quantity: number; available: number } | undefined
  /** Quantities that have not been saved yet, by line. */
  const pending = new Map<number, number>()
  let queue = Promise.resolve()

  /** Saves quantities one after the other; of several for one line, only the last. */
  function setQuantity({ id }: Line, quantity: number): void {
    pending.set(id, quantity)
    queue = queue.then(() => sendQuantity(id))
    requestRender()
  }

  async function sendQuantity(id: number): Promise<void> {
    const quantity = pending.get(id)
    if (quantity === undefined) return // an earlier call saved it
    await changing.run(async () => {
      refused = undefined
      try {
        setCart(await shop.cart.setQuantity(id, quantity))
      } catch (error) {
        // The line may have been removed. Read in the queue: later changes are sent only after this response.
        queue = queue.then(refreshCart)
        const problem = problemOf(error)
        if (!problem.is('insufficient_stock') || problem.body.available === undefined) throw error
        refused = { id, quantity, available: problem.body.available }
      } finally {
        if (pending.get(id) === quantity) pending.delete(id)
      }
    })
  }

  /**
   * Waits for the quantities. Refuses if a line then has another quantity or price than the customer has seen, or is
   * gone.
   */
  async function saveQuantities(): Promise<void> {
    if (pending.size === 0) return
    const linesOf = (wanted: ReadonlyMap<number, number>) =>
      cartState.cart?.items
        .map(({ id, quantity, product }) => [id, wanted.get(id) ?? quantity, product.price] as const)
        .filter(([, quantity]) => quantity > 0)
        .join()
    const wanted = linesOf(pending)
    await queue
    if (linesOf(new Map()) === wanted) return
    const detail =
      'Your order has not been placed, because the cart is not as you wanted it. Check it, then place the order again.'
    throw new Problem('invalid_request', detail, 400)
  }

  /** To the page to pay; to that of the order if it needs no payment, or cannot be paid at the moment. */
  async function leaveFor(order: Order): Promise<void> {
    try {
      if (order.payment?.status === 'due') return await goPay(order)
    } catch (error) {
      notify(sentenceOf(problemOf(error)), 'problem')
    }
    go(`/order/${order.id}`)
  }

  async function place(entered: Entered<string>): Promise<void> {
    await saveQuantities()
    const ordered = cartState.cart!
    const contact = hasFewFields()
      ? contactOf(entered as GuestFields)
      : { ship_to: recipientIn(entered, 'ship_to.'), ...(isGuest && { email: entered['email'] }) }
    try {
      const body = { ...contact, delivery_option: delivery.id, expected_total: delivery.totalOf(ordered) }
      const order = await orderKey.send((withKey) => shop.orders.place(body, withKey))
      setCart(undefined)
      thankFor(order)
      void confirmChanges(ordered.changes)
      await leaveFor(order)
    } catch (error) {
      const problem = problemOf(error)
      needsAddress ||= Object.keys(problem.errors).some(
        (name) => name.startsWith('ship_to.') && !GUEST_FIELDS.includes(name),
      )
      // If they cannot be read, the customer still reads why the order was refused.
      if (problem.status >= 400 && problem.status < 500)
        await Promise.allSettled([readCart(), delivery.reload()])
      throw error
    }
  }

  /** Tells the shop that the customer has seen these changes. */
  const confirmChanges = (changes: readonly CartChange[]) =>
    (queue = queue.then(() => changing.run(async () => setCart(await shop.cart.seen(changes)))))

  return {
    title: 'Cart',
    view: () => html`
      <h1 tabindex="-1">Your cart</h1>
      ${cart.view(() => {
        const { items = [], changes = [] } = cartState.cart ?? {}
        return html`
          ${changesView(changes, () => void confirmChanges(changes))}
          ${items.length > 0 ? filled(cartState.cart!) : html`${changing.view()} ${emptyView()}`}
        `
      })}
    `,
  }

  /**
   * An order whose response was lost may have emptied the cart. Then the refusal of the next one (its key has been used)
   * says what happened; `cart_empty` says nothing new.
   */
  function emptyView(): TemplateResult {
    return html`${ordering.problem?.is('cart_empty') ? nothing : refusalView()} ${empty}`
  }

  function filled(filledCart: Cart): TemplateResult {
    const { items } = filledCart
    const countryTyped = (event: Event) => {
      const { name, value } = event.target as HTMLInputElement
      if (name === 'ship_to.country') delivery.setCountry(value)
    }
    return html`
      <div class="checkout">
        <section aria-label="Items">
          ${changing.view()}
          <ul class="lines">
            ${repeat(items, ({ id }) => id, lineView)}
          </ul>
        </section>
        <section aria-labelledby="deliver">
          <h2 id="deliver">Deliver to</h2>
          ${profile.view(
            (recipient) => html`
              <form @submit=${ordering.send(place)} @input=${countryTyped}>
                ${
                  hasFewFields()
                    ? guestFields(ordering)
                    : html`${isGuest ? emailField(ordering) : nothing}
                      ${recipientFields(ordering, recipient, { within: 'ship_to.' })}`
                }
                ${delivery.view(ordering, filledCart)}
                <p class="total">Total <strong>${money(delivery.totalOf(filledCart))}</strong></p>
                ${taxesView(filledCart, delivery.totalOf(filledCart) === filledCart.grand_total ? 'Includes' : 'The goods include')}
                ${refusalView()} ${submit(ordering, takesPayments() ? 'Place order and pay' : 'Place order')}
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
        <p>Some items are no longer available in this quantity. Your order has not been placed.</p>
        <ul>
          ${problem.body.items?.map(
            ({ product, requested, available }) =>
              html`<li>
                ${product}: ${available === 0 ? 'sold out' : `only ${available} left`} (you wanted
                ${requested})
              </li>`,
          )}
        </ul>
      </div>`
    if (problem?.is('total_changed'))
      return html`<div class="wrong" role="alert">
        ${cartState.cart?.changes.map((change) => html`<p>${sentenceOfChange(change)}</p>`)}
        <p>
          The total has changed to ${money(problem.body.total_price)}. Place the order again to accept it.
        </p>
      </div>`
    const names = hasFewFields() ? GUEST_FIELDS : ['email', ...recipientNames('ship_to.')]
    return ordering.view('delivery_option', ...names)
  }

  function warningView({ id, product: { stock }, quantity }: Line): TemplateResult | typeof nothing {
    if (refused?.id === id)
      return html`<p class="wrong" role="alert">
        You wanted ${refused.quantity}. ${onlyAvailable(refused.available)}
      </p>`
    return stock < quantity ? html`<p class="wrong">${onlyAvailable(stock)}</p>` : nothing
  }

  function lineView(line: Line): TemplateResult {
    const { id, product, quantity, total_price } = line
    const changed = (event: Event) => {
      const input = event.currentTarget as HTMLInputElement
      if (input.reportValidity()) setQuantity(line, Number(input.value))
    }
    return html`<li class="line">
      <a href=${link(`/product/${product.id}`)} tabindex="-1" aria-hidden="true"
        >${pictureOf(product, '4rem')}</a
      >
      <div>
        <a href=${link(`/product/${product.id}`)}>${product.name}</a>
        <p class="unit">${money(product.price)} each</p>
        ${warningView(line)}
      </div>
      <label class="quantity">
        <span class="hidden">Quantity of ${product.name}</span>
        <input
          type="number"
          min="1"
          max="100000"
          required
          .value=${String(pending.get(id) ?? quantity)}
          @change=${changed}
        />
      </label>
      <strong class="price">${money(total_price)}</strong>
      <button
        type="button"
        class="quiet"
        aria-label="Remove ${product.name}"
        @click=${() => setQuantity(line, 0)}
      >
        Remove
      </button>
    </li>`
  }
}

const empty = html`<div class="empty">
  <p>Your cart is empty.</p>
  <a class="button" href="#/">Continue shopping</a>
</div>`
