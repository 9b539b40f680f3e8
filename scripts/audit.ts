import { CHECK_NAMES, type CheckName, type Piece, pieceSql } from '../src/integrity/checks.ts'
import type { Run } from './accounts.ts'
import { fail, migrate, optionsOf, runOn, withDatabase } from './local.ts'
import { REMOTE_HELP, REMOTE_OPTIONS, remoteEnvironment, runRemotely } from './remote.ts'

const HELP = `Compares what the shop keeps twice: stock with its ledger, totals with lines, statuses with events.
Exits 1 if anything is wrong.

  npm run audit -- [--remote [--env NAME]]

${REMOTE_HELP}`

/** Each round on Cloudflare starts wrangler, which takes seconds: far more rows a piece than in a request. */
const ROWS = 20_000

interface Total {
  checked: number
  violations: number
  backlog: number
  ids: number[]
}

const environment = remoteEnvironment(optionsOf(HELP, REMOTE_OPTIONS))
if (environment === undefined) migrate()
const clean = await (environment === undefined
  ? withDatabase((db) => audit(runOn(db)))
  : audit((statements) => runRemotely(environment, statements)))
if (!clean) fail('The shop contradicts itself; see the ids above.')

/** Walks all checks side by side, a piece of each in a round; true if nothing is wrong. */
async function audit(run: Run): Promise<boolean> {
  const totals = new Map(CHECK_NAMES.map((check): [CheckName, Total] => [check, startingTotal()]))
  let walks = CHECK_NAMES.map((check) => ({ check, after: 0 }))
  while (walks.length > 0) {
    const answers = await run(walks.map(({ check, after }) => pieceSql(check, after, Date.now(), ROWS)))
    walks = walks.flatMap(({ check }, index) => {
      const piece = answers[index]![0] as unknown as Piece
      const total = totals.get(check)!
      total.checked += piece.checked
      total.violations += piece.violations
      total.backlog += piece.backlog
      total.ids.push(...(JSON.parse(piece.first_ids) as number[]))
      if (piece.last_id === null) tell(check, total)
      return piece.last_id === null ? [] : [{ check, after: piece.last_id }]
    })
  }
  return [...totals.values()].every(({ violations }) => violations === 0)
}

function startingTotal(): Total {
  return { checked: 0, violations: 0, backlog: 0, ids: [] }
}

function tell(check: CheckName, { checked, violations, backlog, ids }: Total): void {
  const waiting = backlog === 0 ? '' : `, ${backlog} wait for the hourly job`
  const verdict =
    violations === 0 ? `ok${waiting}` : `${violations} wrong, first: ${ids.slice(0, 10).join(', ')}`
  console.log(`${check}: ${checked} compared, ${verdict}`)
}
