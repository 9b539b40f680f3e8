import { DurableObject } from 'cloudflare:workers'
import type { Bindings } from '../env.ts'

/** If the object ends in the middle of a run, the next one begins after this time. */
const RESCUE_MILLISECONDS = 60_000

/** From a wake to the run: the requests that cause events have D1 to themselves, and further events share the run. */
const DELAY_MILLISECONDS = 1000

/** From one run to the next, at least: a run reads many events for the price of one, and leaves D1 to customers. */
export const PAUSE_MILLISECONDS = 3000

const FIRST_RETRY_MILLISECONDS = 5000
const LAST_RETRY_MILLISECONDS = 5 * 60_000

/** After this time the rest of a page of messages is read again: staff may have changed something. */
export const PAGE_MILLISECONDS = 1000

/**
 * A durable reader of the log of events: a Durable Object that does something for every event, in order. Runs are
 * alarms, of which an object has one at a time; a wake only brings the next one forward, so that no request waits for
 * the work of a reader. Its position is in D1, beside the log (position.ts).
 *
 * It sends a page of messages and then records in D1, in one round trip, that all have been sent. Until then each is
 * remembered in the storage of the object, so that an object that ends in between repeats none but the last.
 */
export abstract class EventReader<Sent> extends DurableObject<Bindings> {
  #woken = false
  #rests_until = 0
  #failures = 0

  /**
   * Reads on from its position, for a bounded time, and returns when to run again in milliseconds since 1970; undefined
   * to wait for a wake. An error makes it run again later.
   */
  protected abstract read(): Promise<number | undefined>

  /** To be called after a message has been sent. The runtime sends nothing more before this is on disk. */
  protected remember(sent: Sent): void {
    this.ctx.storage.kv.put('sent', [...this.#sent, sent])
  }

  /** Forgets what has been sent once `act` has recorded it. If `act` fails, the next one gets the same again. */
  protected async record<Result>(act: (sent: readonly Sent[]) => Promise<Result>): Promise<Result> {
    const result = await act(this.#sent)
    this.ctx.storage.kv.delete('sent')
    return result
  }

  get #sent(): readonly Sent[] {
    return this.ctx.storage.kv.get<Sent[]>('sent') ?? []
  }

  /** Announces that there may be something to do, in a second. Only the first wake before a run writes. */
  async wake(): Promise<void> {
    this.#woken = true
    const at = Math.max(Date.now() + DELAY_MILLISECONDS, this.#rests_until)
    const alarm = await this.ctx.storage.getAlarm()
    if (alarm === null || alarm > at) await this.ctx.storage.setAlarm(at)
  }

  /** Never throws: after a few repeats the runtime would give up the alarm. */
  override async alarm(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + RESCUE_MILLISECONDS)
    this.#woken = false
    let next
    try {
      next = await this.read()
      this.#failures = 0
    } catch (error) {
      next = Date.now() + backOff(this.#failures, FIRST_RETRY_MILLISECONDS, LAST_RETRY_MILLISECONDS)
      this.#failures += 1
      console.error(`${this.constructor.name} could not read on; trying again`, error)
    }
    this.#rests_until = Date.now() + PAUSE_MILLISECONDS
    // A wake during the run has set an alarm, which is replaced.
    if (this.#woken && this.#failures === 0) next = 0
    await (next === undefined
      ? this.ctx.storage.deleteAlarm()
      : this.ctx.storage.setAlarm(Math.max(next, this.#rests_until)))
  }
}

/** How long to wait after so many earlier failures: twice as long each time, from `first` up to `most`. */
export function backOff(failures: number, first: number, most: number): number {
  return Math.min(most, first * 2 ** Math.min(failures, 30))
}
