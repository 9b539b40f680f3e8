import { describe, expect, it } from 'vitest'
import { runMoney } from './model/money/run.ts'

/** A file of its own, to run beside the other sequences. */
describe('a shop that takes payments', () => {
  it('agrees with Stripe after each sequence, also when D1, Stripe and Workers fail', async () => {
    const { faults } = await runMoney({ runs: 500, seed: 911076841, faults: true })
    expect(faults).toBeGreaterThan(500)
  }, 600_000) // allows for a busy machine
})
