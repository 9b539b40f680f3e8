import { AppError } from '../errors.ts'
import { isOutage } from './stripe-error.ts'

/** Calls at a time: a Worker has six connections. */
const AT_ONCE = 5

/** The result of a run, for the log line of its job. */
export interface Tally {
  /** Payments that Stripe was asked about. */
  asked: number
  /** Refunds that Stripe was asked for or about. */
  refunds: number
  /** Events that the webhook had not brought. */
  events: number
  /** Orders that were cancelled because nobody paid in time, beside those whose page Stripe said has expired. */
  cancelled: number
  /** What could not be settled; a later run tries it again, but not an event that Stripe refuses for too long. */
  failed: number
  /** The message of the first failure. */
  error?: string
}

export function newTally(): Tally {
  return { asked: 0, refunds: 0, events: 0, cancelled: 0, failed: 0 }
}

/**
 * Acts on items, a few at a time; logs and counts what fails. If all that run at once find Stripe or D1 away, the rest
 * waits for a later run.
 */
export async function settleEach<Item extends { id: number | string }>(
  items: readonly Item[],
  what: string,
  tally: Tally,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const together = items.slice(from, from + AT_ONCE).map(async (item) => {
      try {
        await act(item)
        return false
      } catch (error) {
        recordFailure(tally, `${what} ${item.id} could not be settled; it is tried again`, error)
        return isOutage(error)
      }
    })
    const outages = await Promise.all(together)
    if (outages.length === AT_ONCE && !outages.includes(false)) return
  }
}

export function recordFailure(tally: Tally, what: string, error: unknown): void {
  console.error(what, error)
  tally.failed += 1
  tally.error ??= sentenceOf(error)
}

/** Stripe's own message says more than the one for customers; one of D1 is not for every reader of the log. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof AppError)) return 'An unexpected error, which is logged by itself.'
  return error.cause instanceof Error ? error.cause.message : error.message
}
