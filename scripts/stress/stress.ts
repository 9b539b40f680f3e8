import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fail, optionsOf } from '../cli/options.ts'
import { seededRandom } from '../database/seeded-random.ts'
import { abuse } from './abuse/abuse.ts'
import { failReaders } from './failing-readers.ts'
import { soakLive } from './live-soak.ts'
import { killMutants } from './mutants.ts'
import { cutPowerWhilePaying } from './payment-cut.ts'
import { cutPower } from './power-cut.ts'

/** How long each attack lasts. */
const ABUSE_SECONDS = 10

const HELP = `Runs checks that take too long for the tests: random sequences of requests against a model of the shop while
D1 fails at random, and sequences with payments while Stripe and Workers fail as well; requests generated from the OpenAPI
document; power cuts under load and while customers pay, with the integrity check; power cuts while readers of order
events (mail, and receivers of webhooks) fail; and live updates while connections are cut. Prints the seed: with it, a
run that failed can be repeated.

  npm run stress -- [--runs N] [--payments N] [--requests N] [--seed S] [--rounds R] [--sockets N] [--changes N]
  npm run stress -- --mutants [--only G] | --abuse

  --runs N      sequences while D1 fails, 10 000 by default, and a tenth as many without faults; 0 skips both
  --payments N  sequences with payments while D1, Stripe and Workers fail, 10 000 by default; 0 skips them
  --requests N  generated requests, 50 000 by default; 0 skips them
  --seed S      the seed of the random numbers; random by default
  --rounds R    power cuts of each of the three kinds (under load, while customers pay, while readers fail), 20 by
                default; 0 skips them
  --sockets N   connections for live updates, 200 by default; 0 skips them
  --changes N   changes of orders while connections listen, and as many while readers fail, 1 000 by default
  --mutants     mutation testing instead: removes each guard in turn and requires a test to fail
  --only G      with --mutants: only the guards whose name contains G
  --abuse       attacks instead, by strangers and customers within the rate limits. Exits 1 if the requests of another
                customer take more than three times as long during an attack as before it`

const values = optionsOf(HELP, {
  runs: { type: 'string', default: '10000' },
  payments: { type: 'string', default: '10000' },
  requests: { type: 'string', default: '50000' },
  seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  rounds: { type: 'string', default: '20' },
  sockets: { type: 'string', default: '200' },
  changes: { type: 'string', default: '1000' },
  mutants: { type: 'boolean' },
  only: { type: 'string', default: '' },
  abuse: { type: 'boolean' },
})
const [runs, payments, requests] = [Number(values.runs), Number(values.payments), Number(values.requests)]
const [seed, rounds] = [Number(values.seed), Number(values.rounds)]
const [sockets, changes] = [Number(values.sockets), Number(values.changes)]
if (
  ![runs, payments, requests, seed, rounds, sockets, changes].every(
    (figure) => Number.isSafeInteger(figure) && figure >= 0,
  ) ||
  changes === 0
) {
  fail(`All options except --mutants, --only and --abuse take whole numbers, --changes from 1.\n\n${HELP}`)
}

if (values.mutants) {
  if (!killMutants(values.only)) fail('A mutant survived: no test fails without that guard.')
  process.exit()
}

if (values.abuse) {
  if (!(await abuse(ABUSE_SECONDS).catch(reportFault)))
    fail('An attack made the shop too slow for other customers.')
  process.exit()
}

console.log(
  `Seed ${seed}. To repeat this run: npm run stress -- --runs ${runs} --payments ${payments} --requests ${requests} --seed ${seed} --rounds ${rounds} --sockets ${sockets} --changes ${changes}`,
)
if (runs > 0 || payments > 0 || requests > 0) {
  const output = await runTests()
  if (output !== undefined) fail(`${output}\nThe tests failed: see above. Seed ${seed}.`)
}
if (rounds > 0) {
  const { orders, unanswered } = await cutPower(rounds, seededRandom(seed)).catch(reportFault)
  console.log(
    `${rounds} power cuts: ${orders} orders, ${unanswered} requests unanswered, no lost or duplicate writes`,
  )
}
if (rounds > 0) {
  const paid = await cutPowerWhilePaying(rounds, seededRandom(seed)).catch(reportFault)
  console.log(
    `${rounds} power cuts while paying: ${paid.orders} orders, ${paid.payments} payments and ${paid.refunds} refunds, as Stripe has them`,
  )
}
if (rounds > 0) {
  const { orders, messages, repeats, p90 } = await failReaders(changes, rounds, seededRandom(seed)).catch(
    reportFault,
  )
  console.log(
    `${rounds} power cuts while mail and two receivers of webhooks fail: ${orders} orders, ${messages} events in order at both, ${repeats} failed or repeated calls, none parked; p90 of placing an order ${p90.with} ms, ${p90.without} ms without readers (${(p90.with / p90.without).toFixed(2)} ×)`,
  )
}
if (sockets > 0) await soakLive(sockets, changes, seededRandom(seed)).catch(reportFault)

/** Prints the sentence that describes the fault, without a stack trace. */
function reportFault(error: unknown): never {
  return fail(`${(error as Error).message}\nSeed ${seed}.`)
}

/** Runs test/stress and shows its progress; returns its whole output if it fails. */
async function runTests(): Promise<string | undefined> {
  const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs')
  const tests = spawn(process.execPath, [vitest, 'run'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, STRESS: JSON.stringify({ runs, payments, requests, seed }), NO_COLOR: '1' },
  })
  const ended = once(tests, 'exit')
  let output = ''
  tests.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  for await (const line of createInterface(tests.stdout)) {
    const [, progress] = /STRESS (.*)/.exec(line) ?? []
    if (progress === undefined) output += `${line}\n`
    else console.log(progress)
  }
  const [code] = (await ended) as [number | null]
  return code === 0 ? undefined : output
}
