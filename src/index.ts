import { app } from './app.ts'
import { Db } from './db/client.ts'
import type { Bindings } from './env.ts'
import { wakeForRecentEvents } from './live/wake-for-recent-events.ts'
import { cleanUp } from './maintenance/clean-up.ts'

export { OrderStream } from './live/order-stream.ts'

/** The cron trigger that runs every minute; the other one runs the clean-up. */
const EVERY_MINUTE = '* * * * *'

export default {
  fetch: app.fetch,
  async scheduled({ cron, scheduledTime }, { DB, ORDER_STREAMS }) {
    const db = new Db(DB)
    await wakeForRecentEvents(db, ORDER_STREAMS, scheduledTime)
    if (cron !== EVERY_MINUTE) await cleanUp(db, scheduledTime)
  },
} satisfies ExportedHandler<Bindings>
