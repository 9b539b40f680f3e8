import { sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import type { OrderStreams } from '../env.ts'
import { wakeStreams } from '../events/wake.ts'

/** Longer than the interval of the minute job. An event has the time at which its request or job began. */
const RECENT_MILLISECONDS = 150_000

/** Each is a call, of ten thousand in a run (index.ts). */
const MAX_CUSTOMERS = 5000

/**
 * Wakes the order streams of customers with recent events, in case the Worker that wrote an event ended before
 * it woke them. Once per customer. If there are too many customers, the newest events come first; the others
 * were woken by the previous run.
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
  if (customers.length > 0) await wakeStreams(streams, ['staff', ...customers])
}
