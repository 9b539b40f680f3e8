import type { Db } from '../db/client.ts'
import type { Bindings } from '../env.ts'
import { wakeAll } from '../events/wake.ts'
import { paymentsOf } from '../settings.ts'
import { reconcile } from './reconcile.ts'
import { stripeOf } from './stripe.ts'

/** The minute job of a shop that takes payments. Writes one log line if it had anything to do. */
export async function runPayments(db: Db, env: Bindings, now: number): Promise<void> {
  const settings = paymentsOf(env)
  if (!settings) return
  const started = Date.now()
  const users = new Set<number>()
  const context = {
    db,
    stripe: stripeOf(settings),
    now,
    wake: (user_id: number) => void users.add(user_id),
    returnMoney: () => {}, // reconcile does it at its end
  }
  const result = await reconcile(context)
  if (users.size > 0) await wakeAll(env, ['staff', ...[...users].map((user_id) => ({ user_id }))])
  if (result.asked + result.refunds + result.events + result.cancelled + result.failed > 0)
    console.info(JSON.stringify({ job: 'payments', ...result, milliseconds: Date.now() - started }))
}
