import { app } from './app.ts'
import { mergeSegments } from './catalog/merge-segments.ts'
import { reindex } from './catalog/reindex.ts'
import { Db } from './db/client.ts'
import type { Bindings } from './env.ts'
import { wakeMailer } from './events/wake.ts'
import { wakeForRecentEvents } from './live/wake-for-recent-events.ts'
import { runHourly } from './maintenance/hourly.ts'
import { runPayments } from './payments/run-payments.ts'
import { wakeActiveWebhooks } from './webhooks/wake-webhooks.ts'

export { OrderStream } from './live/order-stream.ts'
export { Mailer } from './mail/mailer.ts'
export { Webhook } from './webhooks/webhook.ts'

/** The cron trigger that runs every minute; the other one runs hourly. */
const EVERY_MINUTE = '* * * * *'

/** The next run continues where this one ends. */
const REINDEX_MILLISECONDS = 20_000

/**
 * Cloudflare lets one run of a job call its services 10 000 times (Workers Paid), and D1 a thousand times, where a batch
 * is one call. So each part bounds what it does, and the next run continues.
 */
export default {
  fetch: app.fetch,
  async scheduled({ cron, scheduledTime }, env) {
    const db = new Db(env.DB)
    await wakeForRecentEvents(db, env.ORDER_STREAMS, scheduledTime)
    await reindex(db, REINDEX_MILLISECONDS).catch((error: unknown) =>
      console.error('Products could not be indexed; trying again in a minute', error),
    )
    await mergeSegments(db)
    // Last: an invalid setting makes these fail.
    await wakeMailer(env)
    await wakeActiveWebhooks(db, env)
    if (cron === EVERY_MINUTE) await runPayments(db, env, scheduledTime)
    else await runHourly(db, env, scheduledTime)
  },
} satisfies ExportedHandler<Bindings>
