import { type OrderStreamMessage, Problem } from '../client/kiosk.ts'
import { notify } from './notices.ts'
import { onSessionChange, shop } from './session.ts'

const NEWS = {
  /** After staff took back that it was shipped. */
  Pending: 'has not been shipped yet after all.',
  Shipped: 'is on its way.',
  Delivered: 'has been delivered.',
  Cancelled: 'has been cancelled.',
}

function newsOf({ type, status, order }: OrderStreamMessage): string | undefined {
  if (type === 'order.status_changed') return NEWS[status]
  if (type === 'order.created' || order.payment?.status !== 'paid') return undefined
  return order.payment.amount === '0.00' ? undefined : 'has been paid.'
}

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
  watching?.abort()
  if (shop.account) void listen((watching = new AbortController()))
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
    // Too many tabs are open: this one reconnects when it becomes visible.
    if (error.is('replaced')) addEventListener('visibilitychange', restart, { once: true })
  }
}
