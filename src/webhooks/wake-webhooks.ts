import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import type { Bindings } from '../env.ts'
import { keepListening } from '../events/listening.ts'
import { settle, streamOf, wakeWebhooks } from '../events/wake.ts'

/**
 * Wakes all active endpoints, in case a wake was lost or stock ran low without an order, and tells the stream of staff
 * which they are, which a restore may have changed.
 */
export async function wakeActiveWebhooks(db: Db, env: Bindings): Promise<void> {
  const ids = await listActive(db)
  if (ids.length > 0) await tell(db, env, ids)
}

/** Tells the stream of staff which endpoints are active, and wakes these. */
export async function announceWebhookChange(db: Db, env: Bindings): Promise<void> {
  await tell(db, env, await listActive(db))
}

async function tell(db: Db, env: Bindings, ids: readonly number[]): Promise<void> {
  await settle([tellStream(db, env, ids)])
  await wakeWebhooks(env, ids)
}

async function tellStream(db: Db, env: Bindings, ids: readonly number[]): Promise<void> {
  await streamOf(env.ORDER_STREAMS, 'staff').setWebhooks(ids)
  // From now on every event wakes it.
  if (ids.length > 0) await db.all(keepListening('staff', Date.now()))
}

async function listActive(db: Db): Promise<number[]> {
  const rows = await db.all(build.selectFrom('webhooks').where('active', '=', 1).select('id'))
  return rows.map(({ id }) => id)
}
