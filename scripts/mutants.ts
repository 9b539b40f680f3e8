import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openWorkshop } from './workshop.ts'

/** A guard, what takes it away, and the tests of which at least one must then fail. */
interface Mutant {
  guard: string
  file: string
  from: string
  to: string
  tests: string
}

const MUTANTS: Mutant[] = [
  {
    guard: 'stock constraint',
    file: 'migrations/0002_catalog.sql',
    from: 'CHECK (stock >= 0)',
    to: 'CHECK (true)',
    tests: 'orders',
  },
  {
    guard: 'refusal of short lines',
    file: 'src/orders/place-order.ts',
    from: 'AND quantity > stock',
    to: 'AND quantity > stock + 1000000000',
    tests: 'orders',
  },
  {
    guard: 'idempotency row',
    file: 'src/db/idempotency.ts',
    from: "db.insertInto('idempotency_keys').values",
    to: "db.replaceInto('idempotency_keys').values",
    tests: 'idempotency',
  },
  {
    guard: 'conditional WHERE of a status change',
    file: 'src/orders/move-order.ts',
    from: 'orders.id = ${id} AND orders.status = ${reachedFrom[to] ?? null}',
    to: 'orders.id = ${id} AND ${reachedFrom[to] ?? null} IS NOT NULL',
    tests: 'orders',
  },
  {
    guard: 'refusal of a second cancel',
    file: 'src/orders/move-order.ts',
    from: "<> 'Pending'`",
    to: "= 'Nothing'`",
    tests: 'orders',
  },
  {
    guard: 'login counter',
    file: 'src/auth/refresh-login.ts',
    from: 'sql`counter = ${counter}`',
    to: 'sql`counter >= ${counter}`',
    tests: 'tokens',
  },
  {
    guard: 'ten seconds of a repeated refresh',
    file: 'src/auth/refresh-login.ts',
    from: 'AND refreshed_at > ${now - REPEAT_MILLISECONDS}',
    to: 'AND refreshed_at > ${0}',
    tests: 'tokens',
  },
  {
    guard: 'login check of reads',
    file: 'src/db/client.ts',
    from: "if (!row) throw new AppError('token_revoked', REVOKED)",
    to: 'if (!row) return',
    tests: 'tokens',
  },
  {
    guard: 'login check of writes',
    file: 'src/db/client.ts',
    from: "refuseWhen(db, sql`NOT EXISTS ${live.select('logins.id')}`",
    to: 'refuseWhen(db, sql`NOT EXISTS (SELECT 1)`',
    tests: 'tokens',
  },
  {
    guard: 'password version of a log-in',
    file: 'src/auth/logins.ts',
    from: ".where('password_version', '=', password_version)",
    to: ".where('password_version', '>=', -password_version)",
    tests: 'accounts',
  },
  {
    guard: 'append-only stock_movements',
    file: 'migrations/0002_catalog.sql',
    from: 'BEFORE DELETE ON stock_movements BEGIN\n  SELECT RAISE',
    to: 'BEFORE DELETE ON stock_movements WHEN false BEGIN\n  SELECT RAISE',
    tests: 'orders',
  },
  {
    guard: 'append-only order_events',
    file: 'migrations/0004_orders.sql',
    from: 'BEFORE UPDATE ON order_events BEGIN\n  SELECT RAISE',
    to: 'BEFORE UPDATE ON order_events WHEN false BEGIN\n  SELECT RAISE',
    tests: 'orders',
  },
  {
    guard: 'If-Match',
    file: 'src/catalog/stale.ts',
    from: 'NOT IN (SELECT value',
    to: 'IS NULL AND 1 IN (SELECT value',
    tests: 'catalog',
  },
  {
    guard: 'ledger of an order',
    file: 'src/orders/place-order.ts',
    from: "-quantity, stock - quantity, 'order'",
    to: "-quantity, stock - quantity, 'correction'",
    tests: 'orders',
  },
]

/** Takes each guard away in a copy of the project; true if the tests miss every one of them. */
export function killMutants(): boolean {
  const workshop = openWorkshop()
  let survivors = 0
  for (const { guard, file, from, to, tests } of MUTANTS) {
    const path = join(workshop, file)
    const whole = readFileSync(path, 'utf8')
    if (!whole.includes(from)) throw new Error(`The mutant of "${guard}" no longer fits ${file}`)
    writeFileSync(
      path,
      whole.replace(from, () => to),
    )
    const failed = failingTests(workshop, tests)
    writeFileSync(path, whole)
    survivors += failed.length === 0 ? 1 : 0
    console.log(
      `${guard}: ${failed.length === 0 ? 'SURVIVES' : `${failed.length} tests fail, such as "${failed[0]}"`}`,
    )
  }
  console.log(`${MUTANTS.length - survivors} of ${MUTANTS.length} guards are missed when they are gone`)
  return survivors === 0
}

function failingTests(workshop: string, tests: string): string[] {
  const vitest = join(workshop, 'node_modules/vitest/vitest.mjs')
  const report = join(workshop, 'report.json')
  spawnSync(
    process.execPath,
    [vitest, 'run', `test/${tests}.test.ts`, '--reporter=json', `--outputFile=${report}`],
    {
      cwd: workshop,
      stdio: 'ignore',
      env: { ...process.env, TORTURE: undefined },
    },
  )
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { assertionResults: { status: string; title: string }[] }[]
  }
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(({ title }) => title),
  )
}
