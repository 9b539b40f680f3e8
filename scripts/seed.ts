import { parseArgs } from 'node:util'
import { CATEGORY_NAMES, insertProducts, makeProduct, provideCategories } from './catalogue.ts'
import { fail, migrate, withDatabase } from './local.ts'

const HELP = `Adds made-up products in 20 categories to the local shop.

  npm run seed -- --products N`

const AT_ONCE = 1000

const { values } = parseArgs({
  options: { products: { type: 'string' }, help: { type: 'boolean' } },
  strict: false,
})
if (values.help) {
  console.log(HELP)
  process.exit()
}
const wanted = Number(values.products)
if (!Number.isSafeInteger(wanted) || wanted < 1)
  fail(`How many products? Give --products, a whole number.\n\n${HELP}`)

migrate()
await withDatabase(async (db) => {
  const started = Date.now()
  const category_ids = await provideCategories(db, CATEGORY_NAMES)
  for (let from = 0; from < wanted; from += AT_ONCE) {
    const length = Math.min(AT_ONCE, wanted - from)
    await insertProducts(
      db,
      Array.from({ length }, (_, index) => makeProduct(from + index, category_ids, started)),
    )
    tell(from + length, started)
  }
  process.stdout.write('\n')
})

/** On a terminal one line that changes, elsewhere a line each tenth. */
function tell(made: number, started: number): void {
  const seconds = ((Date.now() - started) / 1000).toFixed(0)
  const line = `${made} of ${wanted} products, ${seconds} s`
  if (process.stdout.isTTY) process.stdout.write(`\r${line}`)
  else if (made === wanted || made % (AT_ONCE * Math.max(1, Math.round(wanted / AT_ONCE / 10))) === 0)
    console.log(line)
}
