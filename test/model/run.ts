import * as fc from 'fast-check'
import { expect } from 'vitest'
import { create, commands } from './commands.ts'
import { Shop } from './shop-model.ts'
import { type Fault, World } from './world.ts'

/** A shop with two customers and three products, in the model and for real. */
export async function opened(next?: () => Fault): Promise<{ shop: Shop; world: World }> {
  const world = await World.open(next)
  const shop = new Shop()
  for (const [stock, price] of [
    [5, 1000],
    [2, 1],
    [0, 2599],
  ] as const) {
    await create(shop, world, stock, price)
  }
  for (let n = 0; n < 2; n += 1) {
    shop.customers.push({ ...(await world.newCustomer()), cart: new Map(), removed: new Map() })
  }
  return { shop, world }
}

const sequence = fc.commands([commands], { maxCommands: 24, size: 'max' })

export interface Runs {
  runs: number
  seed?: number | undefined
}

/** Sequences one after the other: after each, model and database agree and the integrity check finds nothing. */
export async function runSequences({ runs, seed }: Runs): Promise<void> {
  await fc.assert(
    fc.asyncProperty(sequence, async (acts) => {
      const { shop, world } = await opened()
      await fc.asyncModelRun(() => ({ model: shop, real: world }), acts)
      expect(await world.state(shop)).toEqual(shop.state())
      expect(await world.integrityViolations()).toEqual({})
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }), endOnFailure: true },
  )
}

/** Each round trip to D1 fails with this chance, in a way that is drawn too. */
const FAILING = 0.15
const FAULTS = ['lost before', 'overloaded', 'lost after', 'timed out after'] as const

/** The same with D1 failing at random; returns the number of faults. */
export async function runFaults({ runs, seed }: Runs): Promise<number> {
  let faults = 0
  await fc.assert(
    fc.asyncProperty(sequence, fc.infiniteStream(fc.nat(999)), async (acts, dice) => {
      const draw = (): Fault => {
        const drawn = dice.next().value!
        return drawn < FAILING * 1000 ? FAULTS[drawn % FAULTS.length]! : 'none'
      }
      const { shop, world } = await opened(draw)
      await fc.asyncModelRun(() => ({ model: shop, real: world }), acts)
      expect(await world.state(shop)).toEqual(shop.state())
      expect(await world.integrityViolations()).toEqual({})
      faults += world.faults
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }), endOnFailure: true },
  )
  return faults
}
