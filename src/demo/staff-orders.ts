import { html, nothing, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import { type Listing, type Order, Problem, type StreamState } from '../client/kiosk.ts'
import { choice, Form } from './form.ts'
import { moment, money } from './money.ts'
import { notify } from './notices.ts'
import { OrderList } from './order-list.ts'
import type { Page } from './page.ts'
import { orderLines, statusView } from './orders.ts'
import { PAYMENT_LABELS, paymentLabel } from './payment.ts'
import { StaffPayment } from './staff-payment.ts'
import { takesPayments } from './about.ts'
import { fileName, saveFile } from './save-file.ts'
import { shop } from './session.ts'
import { addressView } from './recipient.ts'
import { staffNav } from './staff-nav.ts'
import { requestRender } from './rendering.ts'

const PAGE_SIZE = 50

interface Move {
  to: Order['status']
  label: string
  /** The label of the button that confirms it; undoing needs none. */
  confirmLabel?: string
}

const MOVES: Record<Order['status'], readonly Move[]> = {
  Pending: [
    { to: 'Shipped', label: 'Ship', confirmLabel: 'Yes, ship' },
    { to: 'Cancelled', label: 'Cancel', confirmLabel: 'Yes, cancel' },
  ],
  Shipped: [
    { to: 'Delivered', label: 'Mark delivered', confirmLabel: 'Yes, delivered' },
    { to: 'Pending', label: 'Undo shipping' },
  ],
  Delivered: [],
  Cancelled: [],
}

/** As long as the shop accepts that staff take back a Shipped. */
const TAKE_BACK_MILLISECONDS = 60 * 60 * 1000

/** The moves of an order. What is Shipped was last updated when it was shipped: payments do not count. */
function movesOf({ status, updated_at }: Order): Move[] {
  const canTakeBack = Date.now() - Date.parse(updated_at) < TAKE_BACK_MILLISECONDS
  return MOVES[status].filter(({ to }) => to !== 'Pending' || canTakeBack)
}

const STATES = {
  connecting: 'Connecting …',
  connected: 'Live',
  waiting: 'Reconnecting …',
  closed: 'Disconnected',
}

export function staffOrdersPage(): Page {
  let status: Order['status'] | '' = 'Pending'
  let state: StreamState['name'] = 'connecting'
  const newIds = new Set<number>()
  /** Orders moved on this page: they stay in view, so that a slip can be mended. */
  const movedIds = new Set<number>()
  /** The move that waits for its confirmation. */
  let asked: { id: number; move: Move } | undefined
  let payment = ''
  /** Of the orders that staff have opened. */
  const payments = new Map<number, StaffPayment>()
  /** Orders that were opened under the filter, and stay in the list while their payment moves. */
  const opened = new Set<number>()
  const orders = new OrderList(
    listOrders,
    (order) =>
      (status === '' || status === order.status || movedIds.has(order.id)) &&
      (payment === '' || payment === order.payment?.status || opened.has(order.id)),
    ({ id }) => movedIds.has(id) || opened.has(id),
  )
  const [moving, exporting] = [new Form(), new Form()]
  const leaving = new AbortController()
  void listen()

  function listOrders(): Listing<Order> {
    const chosen = {
      ...(status === '' ? {} : { status }),
      ...(payment === '' ? {} : { payment: payment as NonNullable<Order['payment']>['status'] }),
    }
    return shop.admin.orders.list({ page_size: PAGE_SIZE, ...chosen })
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
    if (name === 'connected') void orders.reload() // orders placed before the stream began
    state = name
    requestRender()
  }

  function ask(id: number, wanted: Move | undefined): void {
    asked = wanted && { id, move: wanted }
    requestRender()
  }

  function move({ id }: Order, { to }: Move): Promise<void> {
    return moving.run(async () => {
      asked = undefined
      const moved = await shop.admin.orders.move(id, to)
      movedIds.add(id)
      orders.update(moved)
      if (to === 'Shipped') notify(`Order ${id} is shipped. You can undo that for an hour.`)
    })
  }

  async function exportAll(): Promise<void> {
    saveFile(await shop.admin.orders.export(), fileName('orders'))
  }

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
            status = chosen as typeof status
            movedIds.clear()
            void orders.reload()
          },
        )}
        ${
          takesPayments()
            ? choice('payment', 'Payment', [['', 'All'], ...PAYMENT_LABELS], payment, (chosen) => {
                payment = chosen
                opened.clear()
                void orders.reload()
              })
            : nothing
        }
        <button
          type="button"
          aria-disabled=${exporting.isBusy ? 'true' : 'false'}
          @click=${() => void exporting.run(exportAll)}
        >
          Export
        </button>
        <p class="live" data-state=${state} role="status">${STATES[state]}</p>
      </div>
      ${exporting.view()} ${moving.view()}
      ${orders.view(
        (list) =>
          html`<ul class="staff-orders">
            ${repeat(list, ({ id }) => id, orderView)}
          </ul>`,
        () =>
          html`<div class="empty">
            <p>
              ${status === '' ? 'No orders.' : `No orders are ${status}.`} New orders appear here
              automatically.
            </p>
          </div>`,
      )}
    `,
  }

  /** Reads the ledger of an order when it is opened. */
  function open({ currentTarget, target }: Event, id: number): void {
    if (target !== currentTarget) return
    opened.add(id)
    if (payments.has(id)) return
    payments.set(id, new StaffPayment(id))
    requestRender()
  }

  function orderView(order: Order): TemplateResult {
    const { id, user, status: reached, created_at, total_price, currency, ship_to } = order
    return html`<li class=${newIds.has(id) ? 'new' : ''}>
      <details @toggle=${(event: Event) => open(event, id)}>
        <summary>
          <strong>Order ${id}</strong> ${statusView(reached)} ${paymentLabel(order)}
          <strong class="price">${money(total_price, currency)}</strong>
          <span class="placed">${moment(created_at)}, ${user}</span>
        </summary>
        ${orderLines(order)}
        <address>${ship_to.name}<br />${ship_to.phone}<br />${addressView(ship_to)}</address>
        ${payments.get(id)?.view(order)}
      </details>
      <p class="moves">
        ${
          asked?.id === id
            ? [moveButton(order, asked.move, asked.move.confirmLabel!), declineButton(id)]
            : movesOf(order).map((each) => moveButton(order, each, each.label))
        }
      </p>
    </li>`
  }

  function moveButton(order: Order, each: Move, label: string): TemplateResult {
    const needsAnswer = each.confirmLabel !== undefined && asked?.id !== order.id
    return html`<button
      type="button"
      class=${each.to === 'Cancelled' || each.to === 'Pending' ? 'quiet' : 'primary'}
      aria-label="${label} order ${order.id}"
      aria-disabled=${moving.isBusy ? 'true' : 'false'}
      @click=${() => (needsAnswer ? ask(order.id, each) : void move(order, each))}
    >
      ${label}
    </button>`
  }

  function declineButton(id: number): TemplateResult {
    return html`<button
      type="button"
      class="quiet"
      aria-label="Do not move order ${id}"
      @click=${() => ask(id, undefined)}
    >
      No
    </button>`
  }
}
