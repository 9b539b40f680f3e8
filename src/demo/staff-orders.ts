import { html, nothing, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import { type Order, Problem, type StreamState } from '../client/kiosk.ts'
import { choice, Form } from './form.ts'
import { moment, money } from './money.ts'
import { OrderList } from './order-list.ts'
import type { Page } from './page.ts'
import { orderLines, statusView } from './orders.ts'
import { PAYMENT_LABELS, paymentLabel } from './payment.ts'
import { StaffPayment } from './staff-payment.ts'
import { takesPayments } from './test-payments.ts'
import { shop } from './session.ts'
import { staffNav } from './staff-nav.ts'
import { requestRender } from './rendering.ts'

const SHOWN = 50

/** The statuses that staff can move an order to, with the labels of the buttons. */
const MOVES = {
  Pending: [
    ['Shipped', 'Ship'],
    ['Cancelled', 'Cancel'],
  ],
  Shipped: [['Delivered', 'Mark delivered']],
  Delivered: [],
  Cancelled: [],
} as const satisfies Record<Order['status'], readonly (readonly [Order['status'], string])[]>

const STATES = {
  connecting: 'Connecting …',
  connected: 'Live',
  waiting: 'Reconnecting …',
  closed: 'Disconnected',
}

export function staffOrdersPage(): Page {
  let status = ''
  let state: StreamState['name'] = 'connecting'
  const newIds = new Set<number>()
  let payment = ''
  /** Of the orders that staff have opened, which stay in view while their payment moves. */
  const payments = new Map<number, StaffPayment>()
  const orders = new OrderList(
    readOrders,
    (order) =>
      (status === '' || status === order.status) &&
      (payment === '' || payment === order.payment?.status || payments.has(order.id)),
  )
  const moving = new Form()
  const leaving = new AbortController()
  void listen()

  async function readOrders(): Promise<Order[]> {
    const chosen = {
      ...(status === '' ? {} : { status: status as Order['status'] }),
      ...(payment === '' ? {} : { payment: payment as NonNullable<Order['payment']>['status'] }),
    }
    return (await shop.admin.orders.list({ page_size: SHOWN, ...chosen }).first()).results
  }

  async function listen(): Promise<void> {
    const { signal } = leaving
    try {
      for await (const { type, order } of shop.admin.orders.watch({ signal, onState })) {
        if (type === 'order.created') newIds.add(order.id)
        orders.update(order)
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error // the state shows that the stream has ended
    }
  }

  function onState({ name }: StreamState): void {
    if (name === 'connected') orders.reload() // orders placed before the stream began
    state = name
    requestRender()
  }

  const move = (order: Order, to: Order['status']) =>
    moving.run(async () => orders.update(await shop.admin.orders.move(order.id, to)))

  return {
    title: 'Orders',
    close: () => leaving.abort(),
    view: () => html`
      ${staffNav('/staff/orders')}
      <h1 tabindex="-1">Orders</h1>
      <div class="toolbar">
        ${choice(
          'status',
          'Status',
          [['', 'All'], ...Object.keys(MOVES).map((each) => [each, each] as const)],
          status,
          (chosen) => {
            status = chosen
            orders.reload()
          },
        )}
        ${
          takesPayments()
            ? choice('payment', 'Payment', [['', 'All'], ...PAYMENT_LABELS], payment, (chosen) => {
                payment = chosen
                payments.clear()
                orders.reload()
              })
            : nothing
        }
        <p class="live" data-state=${state} role="status">${STATES[state]}</p>
      </div>
      ${moving.view()}
      ${orders.view((list) =>
        list.length === 0
          ? html`<div class="empty"><p>No orders. New orders appear here automatically.</p></div>`
          : html`<ul class="staff-orders">
              ${repeat(list, ({ id }) => id, orderView)}
            </ul>`,
      )}
    `,
  }

  /** Reads the ledger of an order when it is opened. */
  function open({ currentTarget, target }: Event, id: number): void {
    if (target !== currentTarget || payments.has(id)) return
    payments.set(id, new StaffPayment(id))
    requestRender()
  }

  function orderView(order: Order): TemplateResult {
    const { id, user, status: reached, created_at, total_price, ship_to } = order
    return html`<li class=${newIds.has(id) ? 'new' : ''}>
      <details @toggle=${(event: Event) => open(event, id)}>
        <summary>
          <strong>Order ${id}</strong> ${statusView(reached)} ${paymentLabel(order)}
          <strong class="price">${money(total_price)}</strong>
          <span class="placed">${moment(created_at)}, ${user}</span>
        </summary>
        ${orderLines(order)}
        <address>
          ${ship_to.name}<br />${ship_to.phone}<br /><span class="lines-of-text">${ship_to.address}</span>
        </address>
        ${payments.get(id)?.view(order)}
      </details>
      <p class="moves">
        ${MOVES[reached].map(
          ([to, label]) =>
            html`<button
              type="button"
              class=${to === 'Cancelled' ? 'quiet' : 'primary'}
              aria-label="${label} order ${id}"
              aria-disabled=${moving.isBusy ? 'true' : 'false'}
              @click=${() => void move(order, to)}
            >
              ${label}
            </button>`,
        )}
      </p>
    </li>`
  }
}
