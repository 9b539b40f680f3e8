import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import type { OrderStreams } from '../env.ts'
import { wakeAll } from '../events/wake.ts'

/** Longer than it takes until this runs again. */
const RECENT_MILLISECONDS = 150_000

/** A Worker may make a thousand calls a run, and staff get one. */
const MAX_EVENTS = 900

/** Wakes the listeners of the last minutes' events: the Worker that made one may have ended before it could. */
export async function wakeForRecentEvents(db: Db, streams: OrderStreams, now: number): Promise<void> {
  const newest = build
    .selectFrom('order_events')
    .select(['user_id', 'at'])
    .orderBy('id', 'desc')
    .limit(MAX_EVENTS)
  const customers = await db.all(
    build
      .selectFrom(newest.as('newest'))
      .where('at', '>', now - RECENT_MILLISECONDS)
      .select('user_id')
      .distinct(),
  )
  if (customers.length > 0) await wakeAll(streams, ['staff', ...customers])
}
