import { sql } from 'kysely'
import type { Db } from '../db/client.ts'
import { selectOrders } from '../orders/queries.ts'

/** Events of one listener in one trip. */
export const PAGE = 100

/** Whose events: of one customer, or everybody's. */
export type Scope = { user_id: number } | 'everybody'

export type LoggedEvent = Awaited<ReturnType<typeof readLog>>['pages'][number][number]

/**
 * In one trip: which of these logins are live and whether their accounts are staff, the newest event
 * there is, and for each id in `seen` the next page of events after it, oldest first.
 */
export async function readLog(
  db: Db,
  { logins, seen, scope, now }: { logins: number[]; seen: number[]; scope: Scope; now: number },
) {
  const [live, [newest], ...pages] = await db.batch([
    selectLive(db, logins, now),
    selectNewest(db, scope),
    ...seen.map((id) => selectEvents(db, scope, id)),
  ])
  return { live, newest: newest!.id, pages }
}

function selectLive(db: Db, logins: number[], now: number) {
  return db
    .selectFrom('logins')
    .innerJoin('users', 'users.id', 'logins.user_id')
    .where('logins.id', 'in', sql<number>`(SELECT value FROM json_each(${JSON.stringify(logins)}))`)
    .where('revoked_at', 'is', null)
    .where('ends_at', '>', now)
    .select(['logins.id as login_id', 'users.is_staff'])
}

function selectNewest(db: Db, scope: Scope) {
  return db
    .selectFrom('order_events')
    .$if(scope !== 'everybody', (query) =>
      query.where('user_id', '=', (scope as { user_id: number }).user_id),
    )
    .select(sql<number>`ifnull(max(id), 0)`.as('id'))
}

function selectEvents(db: Db, scope: Scope, after: number) {
  return selectOrders(db)
    .innerJoin('order_events', 'order_events.order_id', 'orders.id')
    .$if(scope !== 'everybody', (query) =>
      query.where('order_events.user_id', '=', (scope as { user_id: number }).user_id),
    )
    .where('order_events.id', '>', after)
    .select(['order_events.id as event_id', 'from_status', 'to_status', 'at'])
    .orderBy('order_events.id')
    .limit(PAGE)
}
