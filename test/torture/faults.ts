import { expect, inject, it } from 'vitest'
import { audit } from '../audit.ts'
import { runFaults, runSequences } from '../model/run.ts'

const { runs, seed } = inject('torture')!

/** In pieces, so that there is something to see. */
const PIECES = 10

it(`holds ${runs} sequences against the model while D1 fails`, async () => {
  let faults = 0
  for (let piece = 0; piece < PIECES; piece += 1) {
    faults += await runFaults({ runs: Math.ceil(runs / PIECES), seed: seed + piece })
    tell(`${Math.ceil(runs / PIECES) * (piece + 1)} of ${runs} sequences, ${faults} faults survived`)
  }
  expect(faults).toBeGreaterThan(0)
})

it('holds as many tenths without', () => runSequences({ runs: Math.ceil(runs / PIECES), seed }))

it('leaves a clean audit', async () => {
  expect(await audit()).toEqual({})
})

function tell(line: string): void {
  console.log(`TORTURE ${line}`)
}
