import type { Context } from 'hono'
import type { OrderStreams } from '../env.ts'
import type { AppEnv } from '../http/app-env.ts'

/** Whose events a reader reads: one customer's, or everybody's. */
export type Audience = 'staff' | { user_id: number }

/** The one object that a customer's listeners are connected to, wherever in the world they are. */
export function streamOf<Streams extends OrderStreams>(streams: Streams, audience: Audience) {
  const name = audience === 'staff' ? 'staff' : `customer-${audience.user_id}`
  return streams.getByName(name) as ReturnType<Streams['getByName']>
}

/**
 * Wakes the readers of these audiences after the answer: there may be something new in the log. A wake
 * carries nothing, since readers read the log themselves; so it may come late, twice or not at all.
 */
export function wake(c: Context<AppEnv>, ...audiences: Audience[]): void {
  c.executionCtx.waitUntil(wakeAll(c.env.ORDER_STREAMS, audiences))
}

export async function wakeAll(streams: OrderStreams, audiences: readonly Audience[]): Promise<void> {
  const wakes = audiences.map(async (audience) => streamOf(streams, audience).wake())
  for (const { status, reason } of (await Promise.allSettled(wakes)) as PromiseRejectedResult[]) {
    if (status === 'rejected')
      console.warn('A reader was not woken; the next wake or the scheduled job will do it', reason)
  }
}
