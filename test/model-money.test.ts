import { describe, expect, it } from 'vitest'
import { runMoney } from './model/money/run.ts'

describe('a shop that takes payments', () => {
  it('agrees with Stripe after each sequence, however webhooks misbehave', async () => {
    const { refunds } = await runMoney({ runs: 700, faults: false })
    expect(refunds).toBeGreaterThan(100)
  }, 240_000)

  it('agrees with Stripe also when D1, Stripe and Workers fail', async () => {
    const { faults } = await runMoney({ runs: 300, faults: true })
    expect(faults).toBeGreaterThan(1000)
  }, 240_000)
})
