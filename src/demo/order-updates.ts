import { type Order, type OrderStreamMessage, Problem } from '../client/kiosk.ts'
import { money } from './money.ts'
import { notify } from './notices.ts'
import { onSessionChange, shop } from './session.ts'

const NEWS = {
  /** After staff took back that it was shipped. */
  Pending: 'has not been shipped yet after all.',
  Shipped: 'is on its way.',
  Delivered: 'has been delivered.',
  Cancelled: 'has been cancelled.',
}

/** The payments of orders as they were last read: an event does not say what has changed in a payment. */
const payments = new Map<number, Order['payment']>()

/** Lets the next event of an order that a page has read say what has changed in its payment. */
export function rememberPayment({ id, payment }: Order): void {
  if (!payments.has(id)) payments.set(id, payment) // an event may have brought a newer one
}

function newsOf({ type, status, order }: OrderStreamMessage): string | undefined {
  const before = payments.get(order.id)
  payments.set(order.id, order.payment)
  if (type === 'order.status_changed') return NEWS[status]
  return type === 'order.payment_changed' ? newsOfPayment(order.payment!, before) : undefined
}

/** Nothing if no money has moved, as in a dispute, or if the payment before is unknown. */
function newsOfPayment({ status, refunded, currency }: Payment, before?: Payment | null): string | undefined {
  if (status === 'paid' && before?.status === 'due') return 'has been paid.'
  if (!before || Number(refunded) <= Number(before.refunded)) return undefined
  if (status === 'refunded') return 'has been refunded.'
  return `has been refunded in part: ${money(refunded, currency)} so far.`
}

type Payment = NonNullable<Order['payment']>

interface OrderListener {
  onOrder: (event: OrderStreamMessage) => void
  /** Later events arrive by `onOrder`; orders that were read earlier may be stale. */
  onConnected: () => void
}

/** Called with the events of the customer's own orders. */
export const orderListeners = new Set<OrderListener>()

let watching: AbortController | undefined

/** Streams the customer's order events while a customer is logged in, on every page. */
export function trackOrders(): void {
  onSessionChange.add(restart)
  restart()
}

function restart(): void {
  removeEventListener('visibilitychange', restartIfVisible)
  watching?.abort()
  if (shop.account) void listen((watching = new AbortController()))
}

/** After too many tabs were open. */
function restartIfVisible(): void {
  if (document.visibilityState === 'visible') restart()
}

async function listen({ signal }: AbortController): Promise<void> {
  try {
    const onState = ({ name }: { name: string }) => {
      if (name === 'connected') for (const { onConnected } of orderListeners) onConnected()
    }
    for await (const event of shop.orders.watch({ signal, onState })) {
      const news = newsOf(event)
      if (news) notify(`Order ${event.order.id} ${news}`)
      for (const { onOrder } of orderListeners) onOrder(event)
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.is('replaced')) addEventListener('visibilitychange', restartIfVisible)
  }
}
