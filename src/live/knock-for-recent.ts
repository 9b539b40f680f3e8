import type { Db } from '../db/client.ts'
import type { Bindings } from '../env.ts'
import { knockAt } from './knock.ts'

/** Longer than it takes until this runs again. */
const RECENT_MILLISECONDS = 150_000

/** A Worker may make a thousand calls a run, and staff get one. */
const MAX_EVENTS = 900

/** Knocks for the events of the last minutes: the Worker that made one may have ended before it could. */
export async function knockForRecent(db: Db, streams: Bindings['ORDER_STREAMS'], now: number): Promise<void> {
  const newest = db
    .selectFrom('order_events')
    .select(['user_id', 'at'])
    .orderBy('id', 'desc')
    .limit(MAX_EVENTS)
  const customers = await db
    .selectFrom(newest.as('newest'))
    .where('at', '>', now - RECENT_MILLISECONDS)
    .select('user_id')
    .distinct()
    .execute()
  if (customers.length > 0) await knockAt(streams, ['staff', ...customers])
}
