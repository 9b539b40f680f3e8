import { sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Audience } from '../events/wake.ts'
import { toOrder } from './order.ts'
import type { OrderStreamMessage } from './openapi.ts'
import { type OrderRow, selectOrders } from './queries.ts'
import type { OrderStatus } from './order-status.ts'

/** The events after a cursor, oldest first, each with the current state of its order. */
export function selectEventsAfter(cursor: number, audience: Audience, limit: number) {
  return selectOrders()
    .innerJoin('order_events', 'order_events.order_id', 'orders.id')
    .$if(audience !== 'staff', (events) => events.where('order_events.user_id', '=', userOf(audience)))
    .where('order_events.id', '>', cursor)
    .select(['order_events.id as event_id', 'from_status', 'to_status', 'at'])
    .orderBy('order_events.id')
    .limit(limit)
}

/** The id of the newest event; 0 if there is none. */
export function selectLastEvent(audience: Audience) {
  return build
    .selectFrom('order_events')
    .$if(audience !== 'staff', (events) => events.where('user_id', '=', userOf(audience)))
    .select(sql<number>`ifnull(max(id), 0)`.as('id'))
}

export type OrderEventRow = OrderRow & {
  event_id: number
  from_status: OrderStatus | null
  to_status: OrderStatus
  at: number
}

/** Row of the event log to stream message. */
export function toOrderEvent(row: OrderEventRow): OrderStreamMessage {
  const { event_id, from_status, to_status, at, ...order } = row
  return {
    id: event_id,
    type: from_status === null ? 'order.created' : 'order.status_changed',
    status: to_status,
    order: toOrder(order),
    at: new Date(at).toISOString(),
  }
}

function userOf(audience: Audience): number {
  return (audience as { user_id: number }).user_id
}
