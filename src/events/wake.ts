import type { Context } from 'hono'
import type { Bindings, OrderStreams } from '../env.ts'
import type { AppEnv } from '../http/app-env.ts'
import { mailOf } from '../settings.ts'

/** So that the response leaves before anything that a wake starts. */
const DELAY_MILLISECONDS = 10

/** The orders that a stream covers: one customer's, or all. */
export type Audience = 'staff' | { user_id: number }

export function streamName(audience: Audience): string {
  return audience === 'staff' ? 'staff' : `customer-${audience.user_id}`
}

/** The Durable Object of an audience; all its listeners are connected to it. */
export function streamOf<Streams extends OrderStreams>(streams: Streams, audience: Audience) {
  return streams.getByName(streamName(audience)) as ReturnType<Streams['getByName']>
}

/**
 * Wakes, after the response, the order streams of these audiences and the mailer: there may be new events. A wake
 * carries nothing, since they read the event log themselves; so it may come late, twice or not at all.
 */
export function wake(c: Context<AppEnv>, ...audiences: Audience[]): void {
  c.executionCtx.waitUntil(scheduler.wait(DELAY_MILLISECONDS).then(() => wakeAll(c.env, audiences)))
}

export async function wakeAll(env: Bindings, audiences: readonly Audience[]): Promise<void> {
  await Promise.all([wakeStreams(env.ORDER_STREAMS, audiences), wakeMailer(env)])
}

export async function wakeStreams(streams: OrderStreams, audiences: readonly Audience[]): Promise<void> {
  await settle(audiences.map(async (audience) => streamOf(streams, audience).wake()))
}

/** Wakes the mailer, if the shop sends mail. The stream of staff wakes the endpoints of webhooks. */
export async function wakeMailer(env: Bindings): Promise<void> {
  await settle(mailOf(env) ? [env.MAILER.getByName('mail').wake()] : [])
}

/** Wakes the endpoints of webhooks with these ids. */
export async function wakeWebhooks({ WEBHOOKS }: Bindings, ids: readonly number[]): Promise<void> {
  await settle(ids.map(async (id) => WEBHOOKS.getByName(String(id)).wake(id)))
}

/** Waits for all of these. Does not throw: what comes after a wake must run. */
export async function settle(wakes: Promise<void>[]): Promise<void> {
  for (const { status, reason } of (await Promise.allSettled(wakes)) as PromiseRejectedResult[]) {
    if (status === 'rejected')
      console.warn('An object was not told of a change; the next wake or the minute job will tell it', reason)
  }
}
