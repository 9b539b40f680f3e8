import { it } from 'vitest'
import { runFuzz } from './fuzz/run.ts'

it('answers two thousand made-up requests as the document says, none of them with 500', async () => {
  await runFuzz({ requests: 2000 })
}, 120_000)
