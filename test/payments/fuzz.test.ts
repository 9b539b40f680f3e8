import { it } from 'vitest'
import { runFuzz } from '../fuzz/run.ts'
import { takePayments } from './paying-shop.ts'

takePayments()

it('a shop that takes payments answers made-up requests as the document says, none of them with 500', async () => {
  await runFuzz({ requests: 500 })
}, 240_000)
