import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { drillLive } from './live-drill.ts'
import { fail, optionsOf } from './local.ts'
import { killMutants } from './mutants.ts'
import { cutPower } from './power-cut.ts'

const HELP = `What is too long for the tests. Without --mutants: random sequences against a model of the shop while
D1 fails at random, and requests made up from the OpenAPI document; then power cuts under load and the
audit, then a drill of live updates while connections are cut. Prints the seed that failed.

  npm run torture -- [--runs N] [--requests N] [--seed S] [--rounds R] [--sockets N] [--changes N] [--mutants]

  --runs N      sequences while D1 fails, 10 000 by default; a tenth of it without faults
  --requests N  made-up requests, 50 000 by default
  --seed S      where the random numbers begin; any by default
  --rounds R    power cuts, 20 by default
  --sockets N   who listens in the drill, 200 by default; 0 leaves it out
  --changes N   changes of orders in the drill, 1 000 by default
  --mutants     instead: takes each guard away in turn and sees which tests fail`

const values = optionsOf(HELP, {
  runs: { type: 'string', default: '10000' },
  requests: { type: 'string', default: '50000' },
  seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  rounds: { type: 'string', default: '20' },
  sockets: { type: 'string', default: '200' },
  changes: { type: 'string', default: '1000' },
  mutants: { type: 'boolean' },
})
const [runs, requests] = [Number(values.runs), Number(values.requests)]
const [seed, rounds] = [Number(values.seed), Number(values.rounds)]
const [sockets, changes] = [Number(values.sockets), Number(values.changes)]
if (
  ![runs, requests, seed, rounds, sockets, changes].every(
    (figure) => Number.isSafeInteger(figure) && figure >= 0,
  )
) {
  fail(`All but --mutants take whole numbers.\n\n${HELP}`)
}

if (values.mutants) {
  if (!killMutants()) fail('A guard can go without a test that misses it.')
  process.exit()
}

console.log(
  `Seed ${seed}: the same again with npm run torture -- --runs ${runs} --requests ${requests} --seed ${seed} --rounds ${rounds} --sockets ${sockets} --changes ${changes}`,
)
if (runs > 0 || requests > 0) {
  const output = await runTests()
  if (output !== undefined) fail(`${output}\nThe shop is not as it should be, see above. Seed ${seed}.`)
}
if (rounds > 0) {
  const { orders, unanswered } = await cutPower(rounds, rolling(seed)).catch(found)
  console.log(
    `${rounds} power cuts: ${orders} orders, ${unanswered} requests unanswered, none lost and none doubled`,
  )
}
if (sockets > 0) await drillLive(sockets, changes, rolling(seed)).catch(found)

/** What was found is a sentence for whoever runs this; a stack trace would only bury it. */
function found(error: unknown): never {
  return fail(`${(error as Error).message}\nSeed ${seed}.`)
}

/** Runs test/torture, showing what it tells; its whole output if it fails. */
async function runTests(): Promise<string | undefined> {
  const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs')
  const tests = spawn(process.execPath, [vitest, 'run'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TORTURE: JSON.stringify({ runs, requests, seed }), NO_COLOR: '1' },
  })
  const ended = once(tests, 'exit')
  let output = ''
  tests.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  for await (const line of createInterface(tests.stdout)) {
    const [, told] = /TORTURE (.*)/.exec(line) ?? []
    if (told === undefined) output += `${line}\n`
    else console.log(told)
  }
  const [code] = (await ended) as [number | null]
  return code === 0 ? undefined : output
}

/** A linear congruential generator, good enough to choose a moment. */
function rolling(from: number): () => number {
  let state = from >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
