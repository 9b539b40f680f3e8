import { type RawBuilder, sql } from 'kysely'
import { build } from '../db/build.ts'
import { positionOf } from '../events/position.ts'
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
export type OrderEventHead = Omit<OrderStreamMessage, 'order'>

/** Converts an event to its part of a stream message. */
export function toOrderEventHead({ id, from_status, to_status, at }: OrderEventRow): OrderEventHead {
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

/** The kinds of event that durable readers report: the mailer to customers, webhooks to the shop's other systems. */
export type EventType = 'placed' | 'paid' | 'shipped' | 'delivered' | 'cancelled' | 'refunded'

/**
 * SQL for the next events of a durable reader, oldest first: id, order_id, refund_id, at, and an `EventType` as `type`,
 * which is NULL for an event that says nothing to others.
 */
export function eventsFor(reader: string, limit: number) {
  return sql<{ id: number; order_id: number; refund_id: number | null; at: number; type: EventType | null }>`
    SELECT id, order_id, refund_id, at,
      CASE
        WHEN from_status IS NULL THEN 'placed'
        WHEN from_status = to_status THEN payment_change
        WHEN to_status IN ('Shipped', 'Delivered', 'Cancelled') THEN lower(to_status)
      END AS type
    FROM order_events WHERE id > ${positionOf(reader)} ORDER BY id LIMIT ${sql.lit(limit)}`
}

/**
 * SQL for the id of the last event before this time, after which a new reader begins. It is the last by time and not
 * by id: an event has the time at which its request or job began, so the two differ for those that ran at once.
 */
export function lastEventBefore(time: number): RawBuilder<number> {
  return sql`ifnull((SELECT id FROM order_events WHERE at < ${time} ORDER BY at DESC LIMIT 1), 0)`
}

function userOf(audience: Audience): number {
  return (audience as { user_id: number }).user_id
}
