import { inject, it } from 'vitest'
import { runFuzz } from '../fuzz/run.ts'
import { PIECES, tell } from './tell.ts'

const { requests, seed } = inject('torture')!

it.runIf(requests > 0)('made-up requests get what the document says, never 500', async () => {
  const piece = Math.ceil(requests / PIECES)
  for (let n = 1; n <= PIECES; n += 1) {
    await runFuzz({ requests: piece, seed: seed + n })
    tell(`${piece * n} of ${requests} made-up requests answered as the document says, none with 500`)
  }
})
