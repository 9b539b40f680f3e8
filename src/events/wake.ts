import type { Context } from 'hono'
import type { OrderStreams } from '../env.ts'
import type { AppEnv } from '../http/app-env.ts'

/** The orders that a stream covers: one customer's, or all. */
export type Audience = 'staff' | { user_id: number }

/** The Durable Object of an audience; all its listeners are connected to it. */
export function streamOf<Streams extends OrderStreams>(streams: Streams, audience: Audience) {
  const name = audience === 'staff' ? 'staff' : `customer-${audience.user_id}`
  return streams.getByName(name) as ReturnType<Streams['getByName']>
}

/**
 * Wakes the order streams of these audiences after the response: there may be new events. A wake carries nothing,
 * since the streams read the event log themselves; so it may come late, twice or not at all.
 */
export function wake(c: Context<AppEnv>, ...audiences: Audience[]): void {
  c.executionCtx.waitUntil(wakeAll(c.env.ORDER_STREAMS, audiences))
}

export async function wakeAll(streams: OrderStreams, audiences: readonly Audience[]): Promise<void> {
  const wakes = audiences.map(async (audience) => streamOf(streams, audience).wake())
  for (const { status, reason } of (await Promise.allSettled(wakes)) as PromiseRejectedResult[]) {
    if (status === 'rejected')
      console.warn('An order stream was not woken; the next wake or the minute job will wake it', reason)
  }
}
