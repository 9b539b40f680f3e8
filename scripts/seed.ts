import { fail, optionsOf } from './cli/options.ts'
import { endProgress, showProgress } from './cli/progress.ts'
import { CATEGORY_NAMES, ensureCategories, generateProduct, seedProducts } from './database/catalog.ts'
import { migrate, withDatabase } from './database/local.ts'

const HELP = `Adds generated products in 20 categories to the local shop.

  npm run seed -- --products N

  --products N   the number of products to add`

/** Keeps a typing error from filling the disk. */
const MAX_PRODUCTS = 5_000_000

/** Products between two lines of progress, where a line cannot be updated. */
const LINE_EVERY = 10_000

const values = optionsOf(HELP, { products: { type: 'string' } })
const wanted = Number(values.products)
if (!Number.isSafeInteger(wanted) || wanted < 1 || wanted > MAX_PRODUCTS) {
  fail(`--products takes a whole number from 1 to ${MAX_PRODUCTS}.\n\n${HELP}`)
}

migrate()
await withDatabase(async (db) => {
  const started = Date.now()
  const category_ids = await ensureCategories(db, CATEGORY_NAMES)
  await seedProducts(
    db,
    wanted,
    (n) => generateProduct(n, category_ids, started),
    (inserted) => {
      const seconds = ((Date.now() - started) / 1000).toFixed(0)
      showProgress(
        `${inserted} of ${wanted} products, ${seconds} s`,
        inserted === wanted || inserted % LINE_EVERY === 0,
      )
    },
  )
  endProgress()
})
