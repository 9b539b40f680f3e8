import { inject, it } from 'vitest'
import { type MoneyFigures, runMoney } from '../model/money/run.ts'
import { PIECES, report } from './report.ts'

const { payments, seed } = inject('stress')!

it.runIf(payments > 0)('Stripe, the ledger and the orders agree while everything fails', async () => {
  const total: MoneyFigures = { orders: 0, payments: 0, refunds: 0, faults: 0 }
  for (let piece = 1; piece <= PIECES; piece += 1) {
    const figures = await runMoney({ runs: Math.ceil(payments / PIECES), seed: seed + piece, faults: true })
    for (const name of Object.keys(total) as (keyof MoneyFigures)[]) total[name] += figures[name]
    report(
      `${Math.ceil(payments / PIECES) * piece} of ${payments} sequences with payments: ${total.orders} orders, ${total.payments} payments and ${total.refunds} refunds agree with Stripe, ${total.faults} faults`,
    )
  }
})
