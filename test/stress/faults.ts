import { expect, inject, it } from 'vitest'
import { integrityViolations } from '../integrity.ts'
import { runInterleaved } from '../model/interleaved.ts'
import { runFaults, runSequences } from '../model/run.ts'
import { PIECES, report } from './report.ts'

const { runs, seed } = inject('stress')!

it.runIf(runs > 0)('the model holds while D1 fails', async () => {
  let faults = 0
  for (let piece = 1; piece <= PIECES; piece += 1) {
    faults += await runFaults({ runs: Math.ceil(runs / PIECES), seed: seed + piece })
    report(
      `${Math.ceil(runs / PIECES) * piece} of ${runs} sequences agree with the model, ${faults} faults of D1`,
    )
  }
  expect(faults).toBeGreaterThan(0)
})

it.runIf(runs > 0)('the model holds without faults', async () => {
  await runSequences({ runs: Math.ceil(runs / PIECES), seed })
  report(`${Math.ceil(runs / PIECES)} sequences agree with the model without faults`)
})

it.runIf(runs > 0)('the answers to simultaneous acts add up', async () => {
  await runInterleaved({ runs: Math.ceil(runs / PIECES), seed })
  report(`${Math.ceil(runs / PIECES)} interleaved sequences add up`)
})

it.runIf(runs > 0)('the integrity check finds no violation', async () => {
  expect(await integrityViolations()).toEqual({})
  report('the integrity check finds no violation')
})
