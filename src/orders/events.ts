import { sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Audience } from '../events/wake.ts'
import type { OrderStreamMessage } from './openapi.ts'
import { selectOrders } from './queries.ts'
import type { OrderStatus } from './order-status.ts'

/** The events after a cursor, oldest first. */
export function selectEventsAfter(cursor: number, audience: Audience, limit: number) {
  return pageAfter(cursor, audience, limit).select(['id', 'order_id', 'from_status', 'to_status', 'at'])
}

/** The orders of these pages of the log, each once, as they are now. */
export function selectOrdersOfEventsAfter(cursors: readonly number[], audience: Audience, limit: number) {
  return selectOrders().where(({ or, eb }) =>
    or(cursors.map((cursor) => eb('orders.id', 'in', pageAfter(cursor, audience, limit).select('order_id')))),
  )
}

function pageAfter(cursor: number, audience: Audience, limit: number) {
  return build
    .selectFrom('order_events')
    .$if(audience !== 'staff', (events) => events.where('user_id', '=', userOf(audience)))
    .where('id', '>', cursor)
    .orderBy('id')
    .limit(limit)
}

/** The id of the newest event; 0 if there is none. */
export function selectLastEvent(audience: Audience) {
  return build
    .selectFrom('order_events')
    .$if(audience !== 'staff', (events) => events.where('user_id', '=', userOf(audience)))
    .select(sql<number>`ifnull(max(id), 0)`.as('id'))
}

export interface OrderEventRow {
  id: number
  order_id: number
  from_status: OrderStatus | null
  to_status: OrderStatus
  at: number
}

/** What a stream message says beside the order. */
export type OrderEvent = Omit<OrderStreamMessage, 'order'>

/** Converts an event to its part of a stream message. */
export function toOrderEvent({ id, from_status, to_status, at }: OrderEventRow): OrderEvent {
  return {
    id,
    type:
      from_status === null
        ? 'order.created'
        : from_status === to_status
          ? 'order.payment_changed'
          : 'order.status_changed',
    status: to_status,
    at: new Date(at).toISOString(),
  }
}

function userOf(audience: Audience): number {
  return (audience as { user_id: number }).user_id
}
