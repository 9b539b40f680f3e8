import { sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import type { OrderStreams } from '../env.ts'
import { wakeAll } from '../events/wake.ts'

/** Longer than it takes until this runs again. */
const RECENT_MILLISECONDS = 150_000

/** A Worker may make ten thousand calls a run. */
const MAX_CUSTOMERS = 5000

/**
 * Wakes the listeners of the last minutes' events: the Worker that made one may have ended before it could.
 * By customer, however many events one has. Where there are too many, those of the last minute are first:
 * the others' turn was in the run before.
 */
export async function wakeForRecentEvents(db: Db, streams: OrderStreams, now: number): Promise<void> {
  const customers = await db.all(
    build
      .selectFrom('order_events')
      .where('at', '>', now - RECENT_MILLISECONDS)
      .groupBy(sql`+user_id`) // without the plus SQLite walks order_events_by_user from end to end
      .orderBy(sql`max(at)`, 'desc')
      .limit(MAX_CUSTOMERS)
      .select('user_id'),
  )
  if (customers.length > 0) await wakeAll(streams, ['staff', ...customers])
}
