import { type OrderEvent, Problem } from '../client/kiosk.ts'
import { say } from './notices.ts'
import { onChange, shop } from './session.ts'

const NEWS = {
  Pending: undefined,
  Shipped: 'is on its way.',
  Delivered: 'has been delivered.',
  Cancelled: 'has been cancelled.',
}

interface Hearing {
  onOrder: (event: OrderEvent) => void
  /** From here on it hears of everything: what was read before may lack something. */
  onConnected: () => void
}

/** Who wants to know of one's own orders. */
export const hearing = new Set<Hearing>()

let watching: AbortController | undefined

/** Hears of own orders for as long as somebody is logged in, on whatever page they are. */
export function followOrders(): void {
  onChange.add(follow)
  follow()
}

function follow(): void {
  watching?.abort()
  if (shop.account) void listen((watching = new AbortController()))
}

async function listen({ signal }: AbortController): Promise<void> {
  try {
    const onState = ({ name }: { name: string }) => {
      if (name === 'connected') for (const { onConnected } of hearing) onConnected()
    }
    for await (const event of shop.orders.watch({ signal, onState })) {
      const news = NEWS[event.status]
      if (news) say(`Order ${event.order.id} ${news}`)
      for (const { onOrder } of hearing) onOrder(event)
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // Too many tabs: this one listens again when somebody looks at it.
    if (error.is('replaced')) addEventListener('visibilitychange', follow, { once: true })
  }
}
