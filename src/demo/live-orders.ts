import { type OrderEvent, Problem } from '../client/kiosk.ts'
import { say } from './notices.ts'
import { onChange, shop } from './session.ts'

const NEWS = {
  Pending: undefined,
  Shipped: 'is on its way.',
  Delivered: 'has been delivered.',
  Cancelled: 'has been cancelled.',
}

/** Who wants to know of each event of one's own orders. */
export const onOrder = new Set<(event: OrderEvent) => void>()

let watching: AbortController | undefined

/** Hears of own orders for as long as somebody is logged in, on whatever page they are. */
export function followOrders(): void {
  const changed = () => {
    watching?.abort()
    if (shop.account) void listen((watching = new AbortController()))
  }
  onChange.add(changed)
  changed()
}

async function listen({ signal }: AbortController): Promise<void> {
  try {
    for await (const event of shop.orders.watch({ signal })) {
      const news = NEWS[event.status]
      if (news) say(`Order ${event.order.id} ${news}`)
      for (const hear of onOrder) hear(event)
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error // the login has ended, or it listens elsewhere
  }
}
