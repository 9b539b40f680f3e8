import { inject, it } from 'vitest'
import { runFuzz } from '../fuzz/run.ts'
import { PIECES, report } from './report.ts'

const { requests, seed } = inject('stress')!

it.runIf(requests > 0)('generated requests get the answers of the document, never 500', async () => {
  const piece = Math.ceil(requests / PIECES)
  for (let n = 1; n <= PIECES; n += 1) {
    await runFuzz({ requests: piece, seed: seed + n })
    report(`${piece * n} of ${requests} generated requests answered as documented, none with 500`)
  }
})
