import { CATEGORY_NAMES, insertProducts, makeProduct, provideCategories } from './catalogue.ts'
import { fail, migrate, optionsOf, withDatabase } from './local.ts'

const HELP = `Adds made-up products in 20 categories to the local shop.

  npm run seed -- --products N`

/** Keeps a slip of the finger from filling the disk. */
const MOST = 5_000_000

const AT_ONCE = 1000

/** How often a line is told where a line cannot change. */
const TOLD_EACH = 10_000

const values = optionsOf(HELP, { products: { type: 'string' } })
const wanted = Number(values.products)
if (!Number.isSafeInteger(wanted) || wanted < 1 || wanted > MOST) {
  fail(`How many products? Give --products, a whole number up to ${MOST}.\n\n${HELP}`)
}

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
  if (process.stdout.isTTY) process.stdout.write('\n')
})

/** On a terminal one line that changes, elsewhere a line now and then. */
function tell(made: number, started: number): void {
  const seconds = ((Date.now() - started) / 1000).toFixed(0)
  const line = `${made} of ${wanted} products, ${seconds} s`
  if (process.stdout.isTTY) process.stdout.write(`\r${line}`)
  else if (made === wanted || made % TOLD_EACH === 0) console.log(line)
}
