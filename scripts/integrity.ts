import type Stripe from 'stripe'
import { CHECK_NAMES, type CheckName } from '../src/integrity/check-names.ts'
import { type Piece, pieceSql } from '../src/integrity/checks.ts'
import { stripeOf } from '../src/payments/stripe.ts'
import { reasonOf } from '../src/payments/stripe-error.ts'
import { fail, optionsOf } from './cli/options.ts'
import { compareWithStripe } from './database/compare-with-stripe.ts'
import type { RunSql } from './database/run.ts'
import { withShop } from './database/shop.ts'
import { devVar } from './wrangler/dev-vars.ts'
import { REMOTE_HELP, REMOTE_OPTIONS, remoteEnvironment, variablesOf } from './wrangler/environment.ts'
import { requireSettings } from './wrangler/settings.ts'

const HELP = `Checks the integrity of the shop's data: stock against its ledger, totals against lines, statuses against
events, money against its ledger. Also counts the rows that a scheduled job should have deleted or settled. Exits 1 if it
finds a violation or, with --stripe, a difference.

  npm run integrity -- [--stripe] [--remote [--env NAME]]

  --stripe       also compares every payment with what Stripe holds for it, in one call of Stripe for each payment, and
                 another if it was paid; takes the key from STRIPE_SECRET_KEY of the process environment or, without --remote, of .dev.vars
${REMOTE_HELP}`

/** Rows in a piece: more than in an API request, since each round trip starts wrangler, which takes seconds. */
const ROWS = 20_000

interface Total {
  checked: number
  violations: number
  backlog: number
  ids: number[]
}

const values = optionsOf(HELP, { stripe: { type: 'boolean' }, ...REMOTE_OPTIONS })
const environment = remoteEnvironment(values)
const { retain_audit_days } = requireSettings(
  variablesOf(environment),
  'Correct it in wrangler.toml or .dev.vars, and check again.',
)
const stripe = values.stripe ? await connect() : undefined
const failures: string[] = []
if (!(await withShop(environment, isIntact)))
  failures.push('The data violates its own rules: see the ids above.')
const failureAtStripe = stripe && (await compareMoney(stripe))
if (failureAtStripe !== undefined) failures.push(failureAtStripe)
if (failures.length > 0) fail(failures.join('\n'))

async function connect(): Promise<Stripe> {
  // .dev.vars is of the local shop: a key of production must not go to its stand-in for Stripe.
  const setting = (name: 'STRIPE_SECRET_KEY' | 'STRIPE_API') =>
    process.env[name] ?? (environment === undefined ? devVar(name) : undefined)
  const key = setting('STRIPE_SECRET_KEY')
  if (!key)
    return fail('--stripe needs the secret key of Stripe. Put STRIPE_SECRET_KEY=… before the command.')
  const STRIPE_API = setting('STRIPE_API') ?? ''
  const vars = { STRIPE_SECRET_KEY: key, STRIPE_WEBHOOK_SECRET: 'whsec_unused', STRIPE_API }
  const { payments } = requireSettings(vars, 'Correct it, and check again.')
  return stripeOf(payments!)()
}

/** Undefined if Stripe holds the same money as the shop. */
async function compareMoney(client: Stripe): Promise<string | undefined> {
  try {
    const { compared, differences } = await withShop(environment, (run) => compareWithStripe(run, client))
    for (const difference of differences) console.log(difference)
    console.log(`payments at Stripe: ${compared} compared, ${differences.length || 'none'} differ`)
    return differences.length === 0 ? undefined : 'Stripe and the shop disagree about money: see above.'
  } catch (error) {
    const reason = reasonOf(error)
    return `The payments could not be compared with Stripe, ${reason}: ${(error as Error).message}`
  }
}

/** Runs all checks side by side, a piece of each in a round trip; true if none finds a violation. */
async function isIntact(run: RunSql): Promise<boolean> {
  const totals = new Map(CHECK_NAMES.map((check): [CheckName, Total] => [check, startingTotal()]))
  let pending = CHECK_NAMES.map((check) => ({ check, after: 0 }))
  while (pending.length > 0) {
    const answers = await run(
      pending.map(({ check, after }) => pieceSql(check, after, { now: Date.now(), retain_audit_days }, ROWS)),
    )
    pending = pending.flatMap(({ check }, index) => {
      const piece = answers[index]![0] as unknown as Piece
      const total = totals.get(check)!
      total.checked += piece.checked
      total.violations += piece.violations
      total.backlog += piece.backlog
      total.ids.push(...(JSON.parse(piece.first_ids) as number[]))
      if (piece.last_id === null) print(check, total)
      return piece.last_id === null ? [] : [{ check, after: piece.last_id }]
    })
  }
  return [...totals.values()].every(({ violations }) => violations === 0)
}

function startingTotal(): Total {
  return { checked: 0, violations: 0, backlog: 0, ids: [] }
}

function print(check: CheckName, { checked, violations, backlog, ids }: Total): void {
  const isBacklog = backlog > 0 && checked === backlog // it finds only what waits
  const scope = isBacklog ? '' : `${checked} checked, `
  const least = backlog === ROWS ? 'at least ' : ''
  const waiting = backlog === 0 ? '' : `, ${least}${backlog} rows wait for a scheduled job`
  const result =
    violations === 0 ? `ok${waiting}` : `${violations} violations, first: ${ids.slice(0, 10).join(', ')}`
  console.log(`${check}: ${scope}${result}`)
}
