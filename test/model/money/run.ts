import * as fc from 'fast-check'
import { expect, vi } from 'vitest'
import type { ApiFault, EventFault } from '../../../scripts/pretend-stripe/faults.ts'
import { integrityViolations } from '../../integrity.ts'
import { anAct, begin, perform } from './acts.ts'
import { expectSafe, expectSettled, settle } from './checks.ts'
import type { CallFault, TripFault } from './invocation.ts'
import { MoneyWorld } from './world.ts'

/** Acts of a wave happen at once. */
const waves = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.array(anAct, { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.array(anAct, { minLength: 2, maxLength: 3 }) },
  ),
  { minLength: 2, maxLength: 8, size: 'max' },
)

/** Per thousand, what goes wrong with each event, trip to D1 and call to Stripe. */
const EVENT_FAULTS = {
  per: 350,
  of: ['lost', 'doubled', 'twin', 'late', 'overtaking'] as const satisfies EventFault[],
}
const TRIP_FAULTS = {
  per: 150,
  of: ['lost before', 'lost after', 'dies before', 'dies after'] as const satisfies TripFault[],
}
const CALL_FAULTS = { per: 150, of: ['dies before', 'dies after'] as const satisfies CallFault[] }
const API_FAULTS = {
  per: 150,
  of: ['lost before', 'lost after', '500 after', '500 saved', '429'] as const satisfies ApiFault[],
}

/** The integrity check runs after every so many sequences: it reads the rows of all earlier ones. */
const CHECKED = 10

interface MoneyRuns {
  runs: number
  seed?: number
  /** Whether D1, Stripe and Workers fail; events always may. */
  faults: boolean
}

export interface MoneyFigures {
  orders: number
  payments: number
  refunds: number
  faults: number
}

/**
 * Random sequences of what customers, staff, banks and time do to a shop that takes payments. Between the
 * acts no order has two open pages, no cancelled one has any, and nothing unpaid is shipped. After each sequence
 * Stripe, the ledger and the orders agree.
 */
export async function runMoney({ runs, seed, faults }: MoneyRuns): Promise<MoneyFigures> {
  let sequences = 0
  const figures: MoneyFigures = { orders: 0, payments: 0, refunds: 0, faults: 0 }
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    await fc.assert(
      fc.asyncProperty(waves, fc.infiniteStream(fc.nat(99_999)), async (planned, dice) => {
        const draw = <Fault>({ per, of }: { per: number; of: readonly Fault[] }) => {
          const drawn = dice.next().value!
          if (drawn % 1000 >= per) return undefined
          figures.faults += 1
          return of[Math.floor(drawn / 1000) % of.length]
        }
        const world = await MoneyWorld.open()
        await begin(world)
        world.stripe.faults.event = () => draw(EVENT_FAULTS)
        if (faults) {
          world.stripe.faults.api = () => draw(API_FAULTS)
          world.dice = { trip: () => draw(TRIP_FAULTS), call: () => draw(CALL_FAULTS) }
        }
        try {
          for (const wave of planned) {
            await Promise.all(wave.map((one) => perform(world, one)))
            // Stripe sends most events at once, but the customer is back before some.
            if (dice.next().value! % 10 < 6) await world.stripe.events.deliver()
            await expectSafe(world)
            world.story.push(';')
          }
          await settle(world)
          await expectSafe(world)
          await expectSettled(world)
          if ((sequences += 1) % CHECKED === 0) expect(await integrityViolations()).toEqual({})
        } catch (error) {
          throw new Error(`After: ${world.story.join(', ')}`, { cause: error })
        }
        figures.orders += world.orders.length
        figures.payments += Object.keys(world.stripe.state.intents).length
        figures.refunds += world.stripe.account.refunds().length
      }),
      { numRuns: runs, ...(seed === undefined ? {} : { seed }), endOnFailure: true, unbiased: true },
    )
  } finally {
    vi.useRealTimers()
  }
  expect(figures.payments).toBeGreaterThan(0)
  expect(await integrityViolations()).toEqual({})
  return figures
}
