import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { build } from './bench/build.ts'
import { watchOthers } from './bench/cpu.ts'
import { spaced } from './bench/figures.ts'
import { openFolder } from './bench/folder.ts'
import { startLoad } from './bench/load.ts'
import { Measurements } from './bench/measure.ts'
import { tableOf, tableOfVerdicts } from './bench/report.ts'
import { openShop, type Shop } from './bench/shop.ts'
import { judge } from './bench/targets.ts'
import { fail, optionsOf } from './local.ts'
import { endProgress, showProgress } from './progress.ts'
import { whenStopped } from './when-stopped.ts'

const OUTPUT = 'bench.json'

const HELP = `Measures the Worker as it is deployed, in workerd on this machine, between two floors: a bare Hono route,
and the same with one \`select 1\` on D1. Nothing is in between: neither wrangler dev nor its proxy.
Prints a table for each size, as Markdown for the README, then the targets, and writes ${OUTPUT}.

  npm run bench -- [--million] [--products N,N] [--rounds R] [--seconds S] [--connections C] [--memory]

  --million          also with 1 000 000 products, which take some minutes to put in
  --products N,N     sizes, 1000,100000 by default
  --rounds R         how often everything is measured, 20 by default; figures are medians
  --seconds S        how long one measurement takes, 0.2 by default
  --connections C    requests at a time, 16 by default
  --memory           databases in memory: miniflare writes a page and waits for the disk at every query,
                     even a \`select 1\`

Takes some eight minutes, twenty with the million. Sizes take turns, and each measurement is set against
\`select 1\` measured just before and just after: many short rounds bear other work on the machine better
than few long ones. Filtered is by category, price and stock; a deep page is the 10 000th of ten, or a small
shop's last. CPU is that of workerd alone, on Linux; trips and rows are what Server-Timing tells of one request.`

const SMALLEST = 1000
const LARGEST = 5_000_000
const MOST_CONNECTIONS = 256

/** From here on, other work makes the figures doubtful. */
const DISTURBING = 0.1

const values = optionsOf(HELP, {
  million: { type: 'boolean' },
  products: { type: 'string', default: '1000,100000' },
  rounds: { type: 'string', default: '20' },
  seconds: { type: 'string', default: '0.2' },
  connections: { type: 'string', default: '16' },
  memory: { type: 'boolean', default: false },
})
const sizes = [
  ...new Set([...values.products.split(',').map(Number), ...(values.million ? [1_000_000] : [])]),
].toSorted((one, other) => one - other)
const settings = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  connections: Number(values.connections),
  memory: values.memory,
}
if (!sizes.every((size) => Number.isSafeInteger(size) && size >= SMALLEST && size <= LARGEST)) {
  fail(`--products takes whole numbers from ${SMALLEST} to ${LARGEST}, separated by commas.\n\n${HELP}`)
}
if (!Number.isSafeInteger(settings.rounds) || settings.rounds < 1) {
  fail(`--rounds takes a whole number from 1.\n\n${HELP}`)
}
const { connections } = settings
if (!Number.isSafeInteger(connections) || connections < 1 || connections > MOST_CONNECTIONS) {
  fail(`--connections takes a whole number from 1 to ${MOST_CONNECTIONS}.\n\n${HELP}`)
}
if (!(settings.seconds > 0)) fail(`--seconds takes a number above 0.\n\n${HELP}`)

whenStopped(() => process.exit(1))
const folder = openFolder(settings.memory)
console.log('Bundling the Worker and the floors ...')
const bundles = build(folder)
const generator = startLoad()
const shops: Shop[] = []
for (const size of sizes) {
  const named = `${spaced(size)} products`
  shops.push(
    await openShop(size, bundles, folder, (what, milestone) => showProgress(`${named}: ${what}`, milestone)),
  )
}
endProgress()

const measurements = shops.map((shop) => ({
  shop,
  measured: new Measurements(shop, generator.load, settings),
}))
for (const { shop, measured } of measurements) await measured.warmUp(telling('Warming up', shop))
const others = watchOthers([generator.pid, ...shops.flatMap(({ pid }) => pid ?? [])])
for (let round = 1; round <= settings.rounds; round += 1) {
  for (const { shop, measured } of measurements) {
    await measured.round(telling(`Round ${round} of ${settings.rounds}`, shop))
  }
}
endProgress()
const disturbance = others()
generator.stop()
for (const shop of shops) await shop.close()

const results = measurements.map(({ measured }) => measured.results())
const verdicts = judge(results)
for (const result of results) console.log(`\n${spaced(result.products)} products\n\n${tableOf(result)}`)
console.log(`\n${tableOfVerdicts(verdicts)}\n`)
if (disturbance !== undefined && disturbance > DISTURBING) {
  console.log(
    `Other work took ${(100 * disturbance).toFixed(0)} % of the machine meanwhile: better measured again.`,
  )
}
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, disturbance }
writeFileSync(
  OUTPUT,
  JSON.stringify({ at: new Date().toISOString(), machine, settings, results, verdicts }, null, 2),
)
console.log(`All figures, with the shares of each round, are in ${OUTPUT}.`)

function telling(what: string, { products }: Shop): (route: string) => void {
  const line = `${what}, ${spaced(products)} products`
  showProgress(line, true)
  return (route) => showProgress(`${line}: ${route}`, false)
}
