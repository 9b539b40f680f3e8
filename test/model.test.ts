import { describe, expect, it } from 'vitest'
import { runInterleaved } from './model/interleaved.ts'
import { runFaults, runSequences } from './model/run.ts'

describe('the shop and a model of it', () => {
  it('agree after every one of a thousand sequences', () => runSequences({ runs: 1000 }), 600_000)

  it('agree on what everybody was told when all act at once', () => runInterleaved({ runs: 200 }), 120_000)

  it('agree when D1 fails at random and clients try again', async () => {
    expect(await runFaults({ runs: 100 })).toBeGreaterThan(100)
  }, 120_000)
})
