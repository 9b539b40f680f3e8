import { DurableObject } from 'cloudflare:workers'
import type { Bindings } from '../env.ts'

/** If the object ends in the middle of a run, the next one begins after this time. */
const RESCUE_MILLISECONDS = 60_000

/** From one run to the next, while wakes come: a run reads many events for the price of one. */
const PAUSE_MILLISECONDS = 1000

const FIRST_RETRY_MILLISECONDS = 5000
const LAST_RETRY_MILLISECONDS = 5 * 60_000

/**
 * A durable reader of the log of events: a Durable Object that does something for every event, in order. Runs are
 * alarms, of which an object has one at a time; a wake only brings the next one forward, so that no request waits for
 * the work of a reader. Its position is in D1, beside the log (position.ts).
 */
export abstract class EventReader extends DurableObject<Bindings> {
  #woken = false
  #rests_until = 0
  #failures = 0

  /**
   * Reads on from its position, for a minute or so, and returns when to run again in milliseconds since 1970; undefined
   * to wait for a wake. An error makes it run again later.
   */
  protected abstract read(): Promise<number | undefined>

  /** Announces that there may be something to do. Only the first wake before a run writes. */
  async wake(): Promise<void> {
    this.#woken = true
    const at = Math.max(Date.now(), this.#rests_until)
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
    if (this.#failures > 0) this.#woken = false
    // A wake during the run has set an alarm, which is replaced.
    else if (this.#woken) next = Math.min(next ?? Infinity, this.#rests_until)
    await (next === undefined ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(next))
  }
}

/** How long to wait after so many earlier failures: twice as long each time, from `first` up to `most`. */
export function backOff(failures: number, first: number, most: number): number {
  return Math.min(most, first * 2 ** Math.min(failures, 30))
}
