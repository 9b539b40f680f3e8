import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { build } from './build.ts'
import { checkOut } from './earlier.ts'
import { spaced } from './figures.ts'
import { startLoad } from './load.ts'
import { Measurements } from './measure.ts'
import { Probe } from './probe.ts'
import { reportOf } from './report.ts'
import { ROUTES } from './routes.ts'
import { openShop, type Shop } from './shop.ts'
import { growthOf, targetsOf } from './targets.ts'
import { onShutdown } from '../cli/on-shutdown.ts'
import { fail, optionsOf } from '../cli/options.ts'
import { endProgress, showProgress } from '../cli/progress.ts'
import { temporaryFolder } from '../cli/temporary-folder.ts'

const OUTPUT = 'bench.json'

const HELP = `Measures the Worker as it is deployed, in workerd on this machine, against two baselines: a bare Hono route, and
the same route with one \`select 1\` on D1. Requests reach workerd directly, without wrangler dev or a proxy.
Prints a table for each size, as Markdown for docs/scale.md, and writes ${OUTPUT}.

  npm run bench -- [--against COMMIT] [--only TEXT] [--limits] [--million] [--products N,N] [--rounds R]
    [--seconds S] [--connections C]

  --against COMMIT   measures this earlier commit as well, alternately, at the largest size, and prints the ratios;
                     HEAD~1 by default; "none" measures no other commit
  --only TEXT        measures only routes whose names contain the text, or one of several texts separated by commas
  --limits           counts requests against the rate limits, without refusing any; miniflare's stand-in for rate
                     limits costs more than Cloudflare's
  --million          adds a shop with 1 000 000 products and orders, which takes some minutes to seed
  --products N,N     the sizes of the shops: their numbers of products, with at least as many orders; 1000,100000 by
                     default
  --rounds R         measurements of each route, 20 by default
  --seconds S        duration of one measurement, 0.2 by default
  --connections C    simultaneous requests, 16 by default

Takes about fifteen minutes, thirty with --million. The sizes take turns, and each measurement is compared with
\`select 1\` measured just before and just after it. With other work on the machine, many short rounds are more
reliable than few long ones. "Filtered" in the name of a route means by category, price and stock. A deep page is the
10 000th page of ten products, or the last page of a smaller shop. CPU is measured for workerd alone, and only on
Linux. Round trips and rows come from the Server-Timing header of one request.`

const SMALLEST = 1000
const LARGEST = 5_000_000
const MAX_CONNECTIONS = 256

const values = optionsOf(HELP, {
  against: { type: 'string', default: 'HEAD~1' },
  only: { type: 'string', default: '' },
  limits: { type: 'boolean', default: false },
  million: { type: 'boolean' },
  products: { type: 'string', default: '1000,100000' },
  rounds: { type: 'string', default: '20' },
  seconds: { type: 'string', default: '0.2' },
  connections: { type: 'string', default: '16' },
})
const sizes = [
  ...new Set([...values.products.split(',').map(Number), ...(values.million ? [1_000_000] : [])]),
].toSorted((one, other) => one - other)
const settings = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  connections: Number(values.connections),
}
if (!sizes.every((size) => Number.isSafeInteger(size) && size >= SMALLEST && size <= LARGEST)) {
  fail(`--products takes whole numbers from ${SMALLEST} to ${LARGEST}, separated by commas.\n\n${HELP}`)
}
if (!Number.isSafeInteger(settings.rounds) || settings.rounds < 1) {
  fail(`--rounds takes a whole number of at least 1.\n\n${HELP}`)
}
const { connections } = settings
if (!Number.isSafeInteger(connections) || connections < 1 || connections > MAX_CONNECTIONS) {
  fail(`--connections takes a whole number from 1 to ${MAX_CONNECTIONS}.\n\n${HELP}`)
}
const routes = ROUTES.filter(({ name }) => values.only.split(',').some((text) => name.includes(text)))
if (routes.length === 0) fail(`No route has ${values.only} in its name.\n\n${HELP}`)
if (!(settings.seconds > 0)) fail(`--seconds takes a number above 0.\n\n${HELP}`)

onShutdown(() => process.exit(1))
const folder = temporaryFolder('bench')
console.log('Bundling the Worker and the baselines ...')
const bundles = build(folder)
const earlier =
  values.against === 'none' ? undefined : await checkOut(values.against, temporaryFolder('bench-earlier'))
const generator = startLoad()
const probeOf = (shop: Shop, its: typeof routes) => new Probe(shop, its, generator.load, connections)
const shops: Shop[] = []
const measurements: { shop: Shop; measured: Measurements }[] = []
for (const size of sizes) {
  const progress = (of: string) => (what: string, milestone: boolean) =>
    showProgress(`${spaced(size)} products${of}: ${what}`, milestone)
  const shop = await openShop(size, bundles, folder, progress(''), { limits: values.limits })
  const isLargest = size === sizes.at(-1)
  const other = isLargest
    ? await earlier?.openShop(size, temporaryFolder('bench-earlier'), progress(` at ${earlier.commit}`), {
        limits: values.limits,
      })
    : undefined
  shops.push(...[shop, other].filter((one) => one !== undefined))
  measurements.push({
    shop,
    measured: new Measurements(probeOf(shop, routes), other && probeOf(other, earlier!.routes), settings),
  })
}
endProgress()

for (const { shop, measured } of measurements) await measured.warmUp(progressOf('Warming up', shop))
for (let round = 1; round <= settings.rounds; round += 1) {
  for (const { shop, measured } of measurements) {
    await measured.round(progressOf(`Round ${round} of ${settings.rounds}`, shop))
  }
}
endProgress()
generator.stop()
for (const shop of shops) await shop.close()

const results = measurements.map(({ measured }) => measured.results())
for (const result of results)
  console.log(`\n${spaced(result.products)} products\n\n${reportOf(result, earlier?.commit)}`)
const [smallest, largest] = [results[0]!, results.at(-1)!]
console.log(`\nTargets, at ${spaced(largest.products)} products\n\n${targetsOf(largest)}`)
if (smallest !== largest) console.log(`\nGrowth\n\n${growthOf(smallest, largest)}`)
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version }
writeFileSync(
  OUTPUT,
  JSON.stringify(
    { at: new Date().toISOString(), machine, settings, against: earlier?.commit, results },
    null,
    2,
  ),
)
console.log(`\nAll figures, with those of each round, are in ${OUTPUT}.`)

function progressOf(what: string, { products }: Shop): (route: string) => void {
  const line = `${what}, ${spaced(products)} products`
  showProgress(line, true)
  return (route) => showProgress(`${line}: ${route}`, false)
}
