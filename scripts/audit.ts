import { CHECK_NAMES, type CheckName, nextPiece, type Piece, pieceSql } from '../src/audit/checks.ts'
import type { Run } from './accounts.ts'
import { fail, migrate, optionsOf, runRemotely, withDatabase } from './local.ts'

const HELP = `Compares what the shop keeps twice: stock with its ledger, totals with lines, statuses with events.
Exits 1 if anything is wrong.

  npm run audit -- [--remote]      on this machine, or on Cloudflare`

const values = optionsOf(HELP, { remote: { type: 'boolean' } })

const clean = values.remote
  ? await audit(runRemotely)
  : (migrate(),
    await withDatabase((db) => audit(async (statement) => (await db.prepare(statement).all()).results)))
if (!clean) fail('The shop contradicts itself; see the ids above.')

/** Walks every check to its end, a line each; true if nothing is wrong. */
async function audit(run: Run): Promise<boolean> {
  const totals = new Map<CheckName, { checked: number; violations: number; ids: number[] }>()
  for (let at: ReturnType<typeof nextPiece> = { check: CHECK_NAMES[0]!, past: 0 }; at;) {
    const [row] = await run(pieceSql(at.check, at.past, Date.now()))
    const piece = row as unknown as Piece
    const total = totals.get(at.check) ?? { checked: 0, violations: 0, ids: [] }
    total.checked += piece.checked
    total.violations += piece.violations
    total.ids.push(...(JSON.parse(piece.first_ids) as number[]))
    totals.set(at.check, total)
    if (process.stdout.isTTY) process.stdout.write(`\r${at.check}: ${total.checked}`)
    const following = nextPiece(at.check, piece)
    if (following?.check !== at.check) tell(at.check, total)
    at = following
  }
  return [...totals.values()].every(({ violations }) => violations === 0)
}

function tell(
  check: CheckName,
  { checked, violations, ids }: { checked: number; violations: number; ids: number[] },
): void {
  const verdict = violations === 0 ? 'ok' : `${violations} wrong, first: ${ids.slice(0, 10).join(', ')}`
  console.log(`${process.stdout.isTTY ? '\r' : ''}${check}: ${checked} compared, ${verdict}`)
}
