import type { Context } from 'hono'
import type { AppEnv, Bindings } from '../env.ts'

/** The one object in which a customer's listeners are, wherever in the world they are. */
export function streamOf(streams: Bindings['ORDER_STREAMS'], listener: 'staff' | { user_id: number }) {
  return streams.getByName(listener === 'staff' ? 'staff' : `customer-${listener.user_id}`)
}

/**
 * Tells the objects of these listeners that there may be something new, after the answer. It carries
 * nothing: they look for themselves, so that a knock may come late, twice or not at all.
 */
export function knock(c: Context<AppEnv>, ...listeners: ('staff' | { user_id: number })[]): void {
  c.executionCtx.waitUntil(knockAt(c.env.ORDER_STREAMS, listeners))
}

export async function knockAt(
  streams: Bindings['ORDER_STREAMS'],
  listeners: readonly ('staff' | { user_id: number })[],
): Promise<void> {
  const knocks = listeners.map(async (listener) => streamOf(streams, listener).knock())
  for (const { status, reason } of (await Promise.allSettled(knocks)) as PromiseRejectedResult[]) {
    if (status === 'rejected')
      console.warn('A knock got lost; the next or the scheduled job delivers', reason)
  }
}
