import { describe, expect, it } from 'vitest'
import { runMoney } from './model/money/run.ts'

describe('a shop that takes payments', () => {
  it('agrees with Stripe after each sequence, however webhooks misbehave', async () => {
    const { refunds } = await runMoney({ runs: 500, seed: -460283526, faults: false })
    expect(refunds).toBeGreaterThan(50)
  }, 600_000) // allows for a busy machine
})
