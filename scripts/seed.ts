import { CATEGORY_NAMES, makeProduct, provideCategories, seedProducts } from './catalogue.ts'
import { fail, migrate, optionsOf, withDatabase } from './local.ts'
import { endProgress, showProgress } from './progress.ts'

const HELP = `Adds made-up products in 20 categories to the local shop.

  npm run seed -- --products N`

/** Keeps a slip of the finger from filling the disk. */
const MOST = 5_000_000

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
  await seedProducts(
    db,
    wanted,
    (n) => makeProduct(n, category_ids, started),
    (made) => {
      const seconds = ((Date.now() - started) / 1000).toFixed(0)
      showProgress(`${made} of ${wanted} products, ${seconds} s`, made === wanted || made % TOLD_EACH === 0)
    },
  )
  endProgress()
})
