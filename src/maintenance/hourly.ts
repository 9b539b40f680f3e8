import type { Db } from '../db/client.ts'
import type { Bindings } from '../env.ts'
import { wakeAll } from '../events/wake.ts'
import { cancelStaleOrders } from '../orders/cancel-stale-orders.ts'
import { deleteUnusedFiles } from '../pictures/delete-unused-files.ts'
import { missingStripeSecret, settingsOf } from '../settings.ts'
import { cleanUp } from './clean-up.ts'

const HOUR = 60 * 60 * 1000

/**
 * Cleans up. If the operator set an age, also cancels orders that the shop took no payment for and that have been Pending
 * for longer. Writes one log line, and one more while a secret of Stripe is missing beside the other.
 */
export async function runHourly(db: Db, env: Bindings, now: number): Promise<void> {
  const started = Date.now()
  const { cancel_pending_after_hours: hours, retain_audit_days } = settingsOf(env)
  const missing = missingStripeSecret(env)
  if (missing !== undefined)
    console.warn(`The shop takes no payments: ${missing} is not set, and the other secret of Stripe is.`)
  const { deleted, backlog } = await cleanUp(db, { now, retain_audit_days })
  const { cancelled, failed, waiting } =
    hours === undefined
      ? { cancelled: [], failed: 0, waiting: 0 }
      : await cancelStaleOrders(db, now - hours * HOUR, now)
  if (cancelled.length > 0) await wakeAll(env, ['staff', ...distinctUsers(cancelled)])
  const pictures = env.PICTURES && { deleted: await deleteFiles(db, env.PICTURES) }
  const orders = { cancelled: cancelled.length, failed, waiting }
  const milliseconds = Date.now() - started
  console.info(JSON.stringify({ job: 'hourly', deleted, backlog, orders, pictures, milliseconds }))
}

/**
 * A bucket that fails must not stop the rest of the job. Files are claimed from the current time: counted from when the
 * job was due, the claim could end before the job.
 */
async function deleteFiles(db: Db, bucket: R2Bucket): Promise<number> {
  try {
    return await deleteUnusedFiles(db, bucket, Date.now())
  } catch (error) {
    console.error('Unused files of pictures were not deleted; the next run tries again', error)
    return 0
  }
}

function distinctUsers(orders: readonly { user_id: number }[]): { user_id: number }[] {
  return [...new Set(orders.map(({ user_id }) => user_id))].map((user_id) => ({ user_id }))
}
