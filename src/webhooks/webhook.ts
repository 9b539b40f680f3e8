import { Db, type Query } from '../db/client.ts'
import { build } from '../db/build.ts'
import { EventReader, PAGE_MILLISECONDS } from '../events/reader.ts'
import { readNext } from './make-deliveries.ts'
import {
  type Delivery,
  insertAttempt,
  parkDelivery,
  recordTaken,
  type TakenMessage,
  type WebhookRow,
} from './queries.ts'
import { type Attempt, send } from './send.ts'
import { announceWebhookChange } from './wake-webhooks.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** After this time a run ends, and the next one begins. */
const RUN_MILLISECONDS = 30 * SECOND

/** Delays after the first failure in a row and the following ones, as Standard Webhooks suggests; the last one repeats. */
const DELAYS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
]
const MAX_DELAY = DELAYS.at(-1)!

/** Part of a delay that is random, so that receivers that were down together are not called together. */
const JITTER = 0.1

/**
 * One endpoint: sends its messages in order, each until the receiver takes it. While one is tried again, the later ones
 * wait; after three days it is parked. The position, the messages and the time of the next attempt are in D1. An object
 * that ends between sending and remembering sends the same message again, with the same id.
 */
export class Webhook extends EventReader<TakenMessage> {
  /** The id of the endpoint; the runtime does not tell an alarm the name of its object. */
  override async wake(id?: number): Promise<void> {
    if (id !== undefined && id !== this.ctx.storage.kv.get('id')) this.ctx.storage.kv.put('id', id)
    await super.wake()
  }

  protected override async read(): Promise<number | undefined> {
    const id = this.ctx.storage.kv.get<number>('id')!
    const db = new Db(this.env.DB)
    let failure: Query[] = []
    for (const end = Date.now() + RUN_MILLISECONDS; ;) {
      const now = Date.now()
      const { webhook, deliveries, more } = await this.record((taken) =>
        readNext(db, id, now, [...recordTaken(id, taken), ...failure]),
      )
      if (!webhook || (deliveries.length === 0 && !more)) {
        // It is deleted, its receiver is gone, or a restore has made it inactive: orders need not wake it.
        if (!webhook?.active) await announceWebhookChange(db, this.env)
        return webhook?.active && webhook.next_at > now ? webhook.next_at : undefined
      }
      if (now >= end) return now
      failure = await this.#send(webhook, deliveries, now)
    }
  }

  /** Sends messages, up to the first that is not taken or for about a second; returns what records that one. */
  async #send(webhook: WebhookRow, deliveries: readonly Delivery[], now: number): Promise<Query[]> {
    let { failures } = webhook
    for (const delivery of deliveries) {
      const attempt = await send(
        { url: webhook.url, shopUrl: this.env.SHOP_URL, secrets: secretsOf(webhook, Date.now()) },
        { id: delivery.message_id, body: delivery.body },
      )
      if (attempt.error !== null) {
        return [
          insertAttempt(delivery.id, attempt),
          ...failureOf({ ...webhook, failures }, delivery, attempt),
        ]
      }
      this.remember({ ...attempt, delivery_id: delivery.id, message_id: delivery.message_id })
      failures = 0
      if (Date.now() >= now + PAGE_MILLISECONDS) break
    }
    return []
  }
}

function secretsOf({ secret, previous_secret, previous_until }: WebhookRow, now: number): string[] {
  return previous_secret !== null && previous_until! > now
    ? [secret, ...previous_secret.split(' ')]
    : [secret]
}

/**
 * What a failed attempt changes. If staff have changed the URL meanwhile, the endpoint stays as it is. One that staff
 * asked for parks only its own delivery, unless the endpoint is gone.
 */
function failureOf(webhook: WebhookRow, delivery: Delivery, attempt: Attempt) {
  const update = (values: Partial<Pick<WebhookRow, 'failures' | 'next_at' | 'active' | 'gone'>>) =>
    build.updateTable('webhooks').set(values).where('id', '=', webhook.id).where('url', '=', webhook.url)
  const isGone = attempt.status === 410
  const ends = delivery.state === 'asked' || (!isGone && attempt.at >= delivery.retry_until)
  const parked = ends ? [parkDelivery(delivery.id)] : []
  if (isGone) return [...parked, update({ active: 0, gone: 1 })]
  if (delivery.state === 'asked') return parked
  const failures = webhook.failures + 1
  // After a parked one the next is tried at once: it may be one that the receiver takes.
  const next_at = ends ? 0 : attempt.at + delayAfter(webhook.failures, attempt.retry_after)
  return [...parked, update({ failures, next_at })]
}

/** Milliseconds until the next attempt, after so many earlier failures in a row. */
function delayAfter(failures: number, retryAfter = 0): number {
  const delay = (DELAYS[failures] ?? MAX_DELAY) * (1 + JITTER * (2 * Math.random() - 1))
  return Math.round(Math.max(delay, Math.min(retryAfter, MAX_DELAY)))
}
