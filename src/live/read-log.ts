import { sql } from 'kysely'
import { isActive } from '../auth/sessions.ts'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { keepListening } from '../events/listening.ts'
import type { Audience } from '../events/wake.ts'
import {
  selectEventsAfter,
  selectLastEvent,
  selectOrdersOfEventsAfter,
  toOrderEventHead,
} from '../orders/events.ts'
import { toOrder } from '../orders/order.ts'
import { type Message, toMessage } from './listener.ts'

/** Events in one read. With orders of a hundred lines that is 5 200 rows and half a megabyte. */
const PAGE = 25

/** All events between `from` and the last of them, oldest first. */
export interface Page {
  from: number
  messages: Message[]
}

/**
 * In one round trip: notes that the stream has listeners, and returns which of these sessions are active and whether
 * their accounts are staff, the newest event, and for each of `cursors` the next page of events after it.
 */
export async function readLog(
  db: Db,
  {
    sessions,
    cursors,
    audience,
    now,
  }: { sessions: number[]; cursors: number[]; audience: Audience; now: number },
) {
  const [, active, [last], orders, ...pages] = await db.batch([
    keepListening(audience, now),
    selectActive(sessions, now),
    selectLastEvent(audience),
    selectOrdersOfEventsAfter(cursors, audience, PAGE),
    ...cursors.map((cursor) => selectEventsAfter(cursor, audience, PAGE)),
  ])
  const orderOf = new Map(orders.map((row) => [row.id, JSON.stringify(toOrder(row))]))
  const moved = new Set(
    orders.filter((row) => audience !== 'staff' && row.user_id !== audience.user_id).map(({ id }) => id),
  )
  return {
    active,
    last: last!.id,
    pages: pages.map((events, index): Page => ({
      from: cursors[index]!,
      messages: events.map((event) => ({
        ...toMessage(toOrderEventHead(event), orderOf.get(event.order_id)),
        moved: moved.has(event.order_id),
      })),
    })),
  }
}

function selectActive(sessions: number[], now: number) {
  return build
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .where('sessions.id', 'in', sql<number>`(SELECT value FROM json_each(${JSON.stringify(sessions)}))`)
    .where(isActive(now))
    .select(['sessions.id as session_id', 'users.is_staff'])
}
