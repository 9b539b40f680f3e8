import { sql } from 'kysely'
import { isActive } from '../auth/sessions.ts'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import type { Audience } from '../events/wake.ts'
import { selectEventsAfter, selectLastEvent } from '../orders/events.ts'

/** Events of one listener in one round trip. */
export const PAGE = 100

/**
 * In one round trip: which of these sessions are active and whether their accounts are staff, the last
 * event there is, and for each of `cursors` the next page of events after it, oldest first.
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
  const [active, [last], ...pages] = await db.batch([
    selectActive(sessions, now),
    selectLastEvent(audience),
    ...cursors.map((cursor) => selectEventsAfter(cursor, audience, PAGE)),
  ])
  return { active, last: last!.id, pages }
}

function selectActive(sessions: number[], now: number) {
  return build
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .where('sessions.id', 'in', sql<number>`(SELECT value FROM json_each(${JSON.stringify(sessions)}))`)
    .where(isActive(now))
    .select(['sessions.id as session_id', 'users.is_staff'])
}
