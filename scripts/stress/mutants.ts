import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../cli/options.ts'
import { openSandbox } from '../sandbox/sandbox.ts'
import type { Mutant } from './mutant.ts'
import { PAYMENT_MUTANTS } from './payment-mutants.ts'

const MUTANTS: Mutant[] = [
  {
    guard: 'stock constraint',
    file: 'migrations/0002_catalog.sql',
    from: 'CHECK (stock >= 0)',
    to: 'CHECK (true)',
    tests: 'orders',
  },
  {
    guard: 'refusal of lines that exceed the stock',
    file: 'src/orders/place-order.ts',
    from: 'max(quantity > stock)',
    to: 'max(quantity > stock + 1000000000)',
    tests: 'orders',
  },
  {
    guard: 'cents left over when tax is divided among lines',
    file: 'src/contained-tax.ts',
    from: '(${place} <= ${left}))`',
    to: '(${place} < 0 * ${left}))`',
    tests: 'contained-tax',
  },
  {
    guard: 'refusal of an order without delivery',
    file: 'src/orders/destination.ts',
    from: 'WHERE active = 1 AND ${condition}',
    to: 'WHERE active = 2 AND ${condition}',
    tests: 'delivery',
  },
  {
    guard: 'limit of delivery options',
    file: 'src/delivery/edit-option.ts',
    from: '>= ${MAX_OPTIONS}`',
    to: '>= 1000 * ${MAX_OPTIONS}`',
    tests: 'delivery',
  },
  {
    guard: 'idempotency row',
    file: 'src/db/idempotency.ts',
    from: ".insertInto('idempotency_keys')",
    to: ".replaceInto('idempotency_keys')",
    tests: 'idempotency',
  },
  {
    guard: 'conditional WHERE of a status change',
    file: 'src/orders/move-order.ts',
    from: 'orders.id = ${id} AND orders.status = ${reachedFrom[to]}',
    to: 'orders.id = ${id} AND ${reachedFrom[to]} IS NOT NULL',
    tests: 'orders',
  },
  {
    guard: 'hour in which a shipment is taken back',
    file: 'src/orders/move-order.ts',
    from: '< ${now - TAKE_BACK_MILLISECONDS}`',
    to: '< ${0 - now - TAKE_BACK_MILLISECONDS}`',
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
    guard: 'counter of refresh tokens',
    file: 'src/auth/refresh-session.ts',
    from: 'sql`counter = ${counter}`',
    to: 'sql`counter >= ${counter}`',
    tests: 'tokens',
  },
  {
    guard: 'ten seconds in which a refresh may be repeated',
    file: 'src/auth/refresh-session.ts',
    from: 'AND refreshed_at > ${now - REPEAT_MILLISECONDS}',
    to: 'AND refreshed_at > ${0}',
    tests: 'tokens',
  },
  {
    guard: 'session check of reads',
    file: 'src/auth/session-guard.ts',
    from: 'if (!account) throw sessionEnded()',
    to: 'if (!account) return',
    tests: 'tokens',
  },
  {
    guard: 'session check of writes',
    file: 'src/auth/session-guard.ts',
    from: 'sql`NOT EXISTS (SELECT 1 ${active})`',
    to: 'sql`NOT EXISTS (SELECT 1)`',
    tests: 'tokens',
  },
  {
    guard: 'staff check of reads',
    file: 'src/auth/session-guard.ts',
    from: 'if (staff && account.is_staff === 0) throw notStaff()',
    to: '',
    tests: 'tokens',
  },
  {
    guard: 'staff check of writes',
    file: 'src/auth/session-guard.ts',
    from: 'staff ? [check, refuseUnlessStaff(user_id)] : [check]',
    to: '[check]',
    tests: 'tokens',
  },
  {
    guard: 'password version of a log-in',
    file: 'src/auth/sessions.ts',
    from: ".where('password_version', '=', password_version)",
    to: ".where('password_version', '>=', -password_version)",
    tests: 'accounts',
  },
  {
    guard: 'append-only stock movements',
    file: 'migrations/0002_catalog.sql',
    from: 'BEFORE DELETE ON stock_movements BEGIN\n  SELECT RAISE',
    to: 'BEFORE DELETE ON stock_movements WHEN false BEGIN\n  SELECT RAISE',
    tests: 'orders',
  },
  {
    guard: 'append-only order events',
    file: 'migrations/0007_sessions_and_audit_log.sql',
    from: 'BEFORE UPDATE ON order_events BEGIN\n  SELECT RAISE',
    to: 'BEFORE UPDATE ON order_events WHEN false BEGIN\n  SELECT RAISE',
    tests: 'orders',
  },
  {
    guard: 'append-only audit log',
    file: 'migrations/0010_bounds.sql',
    from: 'BEFORE DELETE ON audit_log\nWHEN OLD.at',
    to: 'BEFORE DELETE ON audit_log\nWHEN false AND OLD.at',
    tests: 'audit-log',
  },
  {
    guard: 'audit log of staff',
    file: 'src/audit-log/routes.ts',
    from: 'if (!writes) return {}',
    to: "if (!writes || c.req.method === 'PATCH') return {}",
    tests: 'audit-log',
  },
  {
    guard: 'cart line of a deleted product, kept when an order is placed',
    file: 'src/orders/place-order.ts',
    from: '.where(isOnSale)',
    to: '',
    tests: 'cart-changes',
  },
  {
    guard: 'cart line of a draft, kept when an order is placed',
    file: 'src/cart/queries.ts',
    from: 'products.id = cart_items.product_id AND published)`',
    to: 'products.id = cart_items.product_id)`',
    tests: 'drafts',
  },
  {
    guard: 'drafts left out of an order',
    file: 'src/cart/queries.ts',
    from: 'JOIN products ON products.id = product_id WHERE user_id = ${user_id} AND published`',
    to: 'JOIN products ON products.id = product_id WHERE user_id = ${user_id}`',
    tests: 'drafts',
  },
  {
    guard: 'drafts not added to a cart',
    file: 'src/cart/change-cart.ts',
    from: 'ifnull(cart.has_line, 0) = 0',
    to: 'cart.has_line < 0',
    tests: 'drafts',
  },
  {
    guard: 'page of a draft',
    file: 'src/catalog/queries.ts',
    from: 'if (!product.published)',
    to: 'if (product.id === 0)',
    tests: 'drafts',
  },
  {
    guard: 'drafts left out of a search',
    file: 'src/catalog/search-products.ts',
    from: 'const onSale = published ?',
    to: 'const onSale = !published ?',
    tests: 'drafts',
  },
  {
    guard: 'drafts left out of lists',
    file: 'migrations/0015_product_fields.sql',
    from: 'AFTER UPDATE OF stock, published ON products',
    to: 'AFTER UPDATE OF stock ON products',
    tests: 'drafts',
  },
  {
    guard: 'confirmation only of changes that the cart still shows',
    file: 'src/cart/confirm-changes.ts',
    from: 'AND price_cents = told.value ->> 1`',
    to: '`',
    tests: 'cart-changes',
  },
  {
    guard: 'limit of open orders',
    file: 'src/orders/place-order.ts',
    from: '          ...refuseBeyond(placement, total),\n',
    to: '',
    tests: 'open-orders',
  },
  {
    guard: 'count of open orders when one is placed',
    file: 'migrations/0010_bounds.sql',
    from: "open_orders + (NEW.status = 'Pending')",
    to: 'open_orders',
    tests: 'open-orders',
  },
  {
    guard: 'count of open orders when one is shipped or cancelled',
    file: 'migrations/0010_bounds.sql',
    from: "WHEN (OLD.status = 'Pending') <> (NEW.status = 'Pending')",
    to: 'WHEN false',
    tests: 'open-orders',
  },
  {
    guard: 'signature of a cursor',
    file: 'src/http/cursor.ts',
    from: 'return isSigned && rest.length === 0',
    to: 'return rest.length === 0',
    tests: 'bounded-reads',
  },
  {
    guard: 'expected total of an order',
    file: 'src/orders/place-order.ts',
    from: '<> ${expected_total}`',
    to: 'IS NULL AND ${expected_total} > 0`',
    tests: 'orders',
  },
  {
    guard: 'If-Match',
    file: 'src/catalog/refuse-when-stale.ts',
    from: 'NOT IN (SELECT value',
    to: 'IS NULL AND 1 IN (SELECT value',
    tests: 'catalog',
  },
  {
    guard: 'edits of products while they are reindexed',
    file: 'src/catalog/reindex.ts',
    from: "words.value ->> 'id' AND version = words.value ->> 'version'",
    to: "words.value ->> 'id'",
    tests: 'reindex',
  },
  {
    guard: 'stock ledger entry of an order',
    file: 'src/orders/place-order.ts',
    from: "-quantity, stock - quantity, 'order'",
    to: "-quantity, stock - quantity, 'correction'",
    tests: 'orders',
  },
  {
    guard: 'claim of files that are being deleted',
    file: 'src/pictures/add-picture.ts',
    from: 'AND claimed_at > ${now - CLAIM_MILLISECONDS}',
    to: 'AND claimed_at > ${2 * now}',
    tests: 'pictures',
  },
  {
    guard: 'refusal of data after a picture',
    file: 'src/pictures/png.ts',
    from: 'if (end < bytes.length)',
    to: 'if (end < 0)',
    tests: 'hostile-pictures',
  },
  {
    guard: 'megapixels of a picture',
    file: 'src/pictures/read-picture.ts',
    from: 'width * height > MAX_MEGAPIXELS * 1_000_000',
    to: 'width * height > MAX_MEGAPIXELS * 1_000_000_000',
    tests: 'hostile-pictures',
  },
  {
    guard: 'metadata of a JPEG',
    file: 'src/pictures/jpeg.ts',
    from: 'if (isNeeded(marker, segment))',
    to: 'if (isNeeded(0, segment))',
    tests: 'pictures',
  },
  {
    guard: 'names of the files that are served',
    file: 'src/pictures/schema.ts',
    from: '(webp|jpg|png)$/',
    to: '(webp|jpg|png|html|svg)$/',
    tests: 'pictures',
  },
  ...PAYMENT_MUTANTS,
]

/**
 * Removes each guard in turn in a copy of the project; true if a test fails for every one of them.
 * With `only`, removes just the guards whose name contains it.
 */
export function killMutants(only: string): boolean {
  const mutants = MUTANTS.filter(({ guard }) => guard.includes(only))
  if (mutants.length === 0) fail(`No guard has "${only}" in its name.`)
  const sandbox = openSandbox()
  let survivors = 0
  for (const { guard, file, from, to, tests } of mutants) {
    const path = join(sandbox, file)
    const whole = readFileSync(path, 'utf8')
    if (whole.split(from).length !== 2)
      throw new Error(`The mutant of "${guard}" must match ${file} exactly once.`)
    writeFileSync(
      path,
      whole.replace(from, () => to),
    )
    const failed = failingTests(sandbox, tests)
    writeFileSync(path, whole)
    survivors += failed.length === 0 ? 1 : 0
    const [example] = failed
    console.log(`${guard}: ${example ? `killed, tests: ${failed.length}, such as "${example}"` : 'SURVIVES'}`)
  }
  console.log(`${mutants.length - survivors} of ${mutants.length} mutants killed`)
  return survivors === 0
}

function failingTests(sandbox: string, tests: string): string[] {
  const vitest = join(sandbox, 'node_modules/vitest/vitest.mjs')
  const report = join(sandbox, 'report.json')
  rmSync(report, { force: true }) // of the mutant before
  const config = tests.startsWith('deploy/') ? ['--config', 'test/deploy/vitest.config.ts'] : []
  spawnSync(
    process.execPath,
    [vitest, 'run', `test/${tests}.test.ts`, ...config, '--reporter=json', `--outputFile=${report}`],
    {
      cwd: sandbox,
      stdio: 'ignore',
      env: { ...process.env, STRESS: undefined },
    },
  )
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { assertionResults: { status: string; title: string }[] }[]
  }
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(({ title }) => title),
  )
}
