import { html, nothing, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import type { Order, OrderStreamMessage } from '../client/kiosk.ts'
import { taxesView } from './delivery.ts'
import { ConfirmButton } from './form.ts'
import { GuestAccount } from './guest.ts'
import { IdempotencyKey } from './idempotency-key.ts'
import { orderListeners, rememberPayment } from './order-updates.ts'
import { Loading, problemOf, sentenceOf } from './loading.ts'
import { moment, money } from './money.ts'
import { notify } from './notices.ts'
import { paymentLabel, PaymentPart, returnOf } from './payment.ts'
import { OrderList } from './order-list.ts'
import type { Page } from './page.ts'
import { shapes } from './picture.ts'
import { addressView } from './recipient.ts'
import { link, shop } from './session.ts'

const PAGE_SIZE = 50
const STEPS = ['Pending', 'Shipped', 'Delivered'] as const

export function ordersPage(): Page {
  const orders = new OrderList(() => shop.orders.list({ page_size: PAGE_SIZE }))
  const listener = {
    onOrder: ({ order }: OrderStreamMessage) => orders.update(order),
    onConnected: () => void orders.reload(),
  }
  orderListeners.add(listener)
  return {
    title: 'Orders',
    close: () => orderListeners.delete(listener),
    view: () => html`
      <h1 tabindex="-1">Your orders</h1>
      ${orders.view(
        (list) =>
          html`<ul class="orders">
            ${repeat(list, ({ id }) => id, orderRow)}
          </ul>`,
        () =>
          html`<div class="empty">
            <p>You have not ordered anything yet.</p>
            <a class="button" href="#/">Continue shopping</a>
          </div>`,
      )}
    `,
  }
}

function orderRow(order: Order): TemplateResult {
  const { id, items, total_price, currency, status, created_at } = order
  return html`<li>
    <a href=${link(`/order/${id}`)}>
      <strong>Order ${id}</strong>
      <span>${moment(created_at)}</span>
      <span>${items.map(({ quantity, product }) => `${quantity} × ${product}`).join(', ')}</span>
      ${statusView(status)} ${paymentLabel(order)}
      <strong class="price">${money(total_price, currency)}</strong>
    </a>
  </li>`
}

export const statusView = (status: Order['status']) =>
  html`<span class="status" data-status=${status}>${status}</span>`

/** The order that was just placed, which its page thanks for. */
let placed: number | undefined

export function thankFor({ id }: Order): void {
  placed = id
}

export function orderPage(id: number, query: URLSearchParams): Page {
  const isJustPlaced = placed === id
  placed = undefined
  const payment = new PaymentPart(returnOf(query))
  const guestAccount = new GuestAccount()
  const order = new Loading(async () => {
    const read = await shop.orders.get(id)
    rememberPayment(read)
    return read
  })
  const cancelKey = new IdempotencyKey()
  const cancelling = new ConfirmButton('Cancel this order', 'Yes, cancel this order', cancel)
  const listener = {
    onOrder: (event: OrderStreamMessage) => {
      if (event.order.id === id) order.set(event.order)
    },
    onConnected: () => void order.reload(),
  }
  orderListeners.add(listener)

  async function cancel(): Promise<void> {
    try {
      order.set((await cancelKey.send((withKey) => shop.orders.cancel(id, withKey))).order)
      notify(`Order ${id} has been cancelled.`)
    } catch (error) {
      const problem = problemOf(error)
      if (problem.is('order_not_cancellable')) order.set(problem.body.order)
      notify(sentenceOf(problem), 'problem')
    }
  }

  return {
    title: `Order ${id}`,
    close: () => orderListeners.delete(listener),
    view: () =>
      order.view(
        (each) =>
          html`<div class="order">
            <h1 tabindex="-1">Order ${id}</h1>
            ${isJustPlaced ? thanks : nothing} ${shop.account?.is_guest ? guestAccount.view(each) : nothing}
            <p>Placed ${moment(each.created_at)}</p>
            ${payment.view(each)} ${progressView(each.status)} ${orderLines(each)}
            <h2>Deliver to</h2>
            <address>
              ${each.ship_to.name}<br />${each.ship_to.phone}<br />${addressView(each.ship_to)}
            </address>
            ${each.status === 'Pending' ? cancelling.view() : nothing}
          </div>`,
      ),
  }
}

const thanks = html`<div class="thanks" role="status">
  <strong>Thank you for your order!</strong>
  <p>This page will show when it ships. You can find it under <a href="#/orders">Orders</a>.</p>
</div>`

/** The progress of an order; screen readers announce its changes. */
function progressView(status: Order['status']): TemplateResult {
  if (status === 'Cancelled') return html`<p role="status">${statusView(status)}</p>`
  const reached = STEPS.indexOf(status)
  return html`<div role="status">
    <ol class="progress" aria-label="Progress">
      ${STEPS.map(
        (step, n) =>
          html`<li class=${n <= reached ? 'reached' : ''} aria-current=${n === reached ? 'step' : 'false'}>
            ${step}
          </li>`,
      )}
    </ol>
  </div>`
}

export function orderLines(order: Order): TemplateResult {
  const { items, delivery, total_price, currency } = order
  return html`
    <ul class="lines">
      ${items.map(
        ({ product, product_id, quantity, price }) =>
          html`<li class="line">
            ${shapes(product_id)}
            <div>
              <a href=${link(`/product/${product_id}`)}>${product}</a>
              <p class="unit">${quantity} × ${money(price, currency)}</p>
            </div>
          </li>`,
      )}
    </ul>
    ${delivery ? html`<p>${delivery.name}: ${money(delivery.price, currency)}</p>` : nothing}
    <p class="total">Total <strong>${money(total_price, currency)}</strong></p>
    ${taxesView(order)}
  `
}
