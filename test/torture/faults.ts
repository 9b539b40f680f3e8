import { expect, inject, it } from 'vitest'
import { integrityViolations } from '../integrity.ts'
import { runInterleaved } from '../model/interleaved.ts'
import { runFaults, runSequences } from '../model/run.ts'
import { PIECES, tell } from './tell.ts'

const { runs, seed } = inject('torture')!

it.runIf(runs > 0)('the model holds while D1 fails', async () => {
  let faults = 0
  for (let piece = 1; piece <= PIECES; piece += 1) {
    faults += await runFaults({ runs: Math.ceil(runs / PIECES), seed: seed + piece })
    tell(
      `${Math.ceil(runs / PIECES) * piece} of ${runs} sequences agree with the model, ${faults} faults of D1`,
    )
  }
  expect(faults).toBeGreaterThan(0)
})

it.runIf(runs > 0)('the model holds without faults', async () => {
  await runSequences({ runs: Math.ceil(runs / PIECES), seed })
  tell(`${Math.ceil(runs / PIECES)} sequences agree with the model, no faults`)
})

it.runIf(runs > 0)('what everybody was told adds up when all act at once', async () => {
  await runInterleaved({ runs: Math.ceil(runs / PIECES), seed })
  tell(`${Math.ceil(runs / PIECES)} interleaved sequences add up`)
})

it.runIf(runs > 0)('the audit is clean', async () => {
  expect(await integrityViolations()).toEqual({})
  tell('the audit of all that was left finds nothing')
})
