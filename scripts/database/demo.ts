import { createHash } from 'node:crypto'
import { filesOf, type Storage, storeFiles } from '../../src/pictures/files.ts'
import { accountExists, insertStaff, promote } from './accounts.ts'
import { ensureCategories, insertProducts, type ProductRow } from './catalog.ts'
import { drawingOf } from './drawings.ts'
import { readSetup, recordSetup, withBindings } from './local.ts'
import { runOn } from './run.ts'

/** The content of a new local shop. On this machine only, never in a migration. */

export const DEMO_EMAIL = 'staff@kiosk.example'

type DemoProduct = [
  name: string,
  price_cents: number,
  stock: number,
  description: string,
  sku: string,
  low_stock?: number,
]

const CATALOG: Record<string, DemoProduct[]> = {
  Coffee: [
    ['House blend, 250 g', 890, 40, 'Nuts and chocolate, roasted on Mondays.', 'COF-HOUSE-250', 10],
    ['Ethiopia Sidamo, 250 g', 1150, 25, 'Bright, with peach and jasmine.', 'COF-SIDAMO-250', 10],
    ['Decaf Colombia, 250 g', 990, 0, 'Sugar-cane process. Back next week.', 'COF-DECAF-250', 10],
  ],
  Tea: [
    ['Earl Grey, 100 g', 720, 30, 'Black tea with oil of bergamot.', 'TEA-GREY-100'],
    ['Sencha, 100 g', 940, 18, 'First flush from Kagoshima.', 'TEA-SENCHA-100', 20],
  ],
  Kitchen: [
    ['Hand grinder', 5900, 12, 'Steel burrs, 30 g, fits a travel press.', 'KIT-GRINDER'],
    ['Gooseneck kettle', 7450, 7, 'One litre, with a thermometer in the lid.', 'KIT-KETTLE', 7],
    ['Stoneware mug', 1600, 50, 'Glazed by hand: no two alike.', 'KIT-MUG'],
    ['Paper filters, 100', 420, 200, 'Unbleached, size 2.', 'KIT-FILTER-2'],
  ],
}

/** Adds the demo catalog once, and creates the demo staff account or updates its password. */
export async function ensureDemo(password: string): Promise<void> {
  const demo_password = createHash('sha256').update(password).digest('hex')
  const { demo_catalogue, demo_password: known } = readSetup()
  if (demo_catalogue && known === demo_password) return
  await withBindings(async ({ DB: db, PICTURES: bucket, IMAGES: images }) => {
    if (!demo_catalogue) {
      console.log('Adding a small demo catalog ...')
      await insertDemoCatalog(db)
      if (bucket && images) await insertDrawings(db, { bucket, images })
    }
    const run = runOn(db)
    const account = { email: DEMO_EMAIL, name: 'Demo Staff', password }
    await run((await accountExists(run, DEMO_EMAIL)) ? await promote(account) : [await insertStaff(account)])
  })
  recordSetup({ demo_catalogue: true, demo_password })
}

async function insertDemoCatalog(db: D1Database): Promise<void> {
  const created_at = Date.now()
  for (const [category, products] of Object.entries(CATALOG)) {
    const [category_id] = await ensureCategories(db, [category])
    const rows = products.map(([name, price_cents, stock, description, sku, low_stock]): ProductRow => {
      return {
        name,
        description,
        price_cents,
        stock,
        category_id: category_id!,
        created_at,
        sku,
        ...(low_stock === undefined ? {} : { low_stock }),
      }
    })
    await insertProducts(db, rows)
  }
}

/** Gives every product of the catalog a picture, as the Worker does. */
async function insertDrawings(db: D1Database, storage: Storage): Promise<void> {
  const { results } = await db.prepare('SELECT id, name FROM products ORDER BY id').all<{
    id: number
    name: string
  }>()
  const rows = await Promise.all(
    results.map(async ({ id, name }, n) => {
      const { alt, svg } = drawingOf(name, n)
      const bytes = new TextEncoder().encode(svg)
      const picture = { extension: 'png' as const, width: 800, height: 800, bytes }
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const files = filesOf(picture, storage)
      await storeFiles(storage, sha256, picture, files)
      return { ...files, product_id: id, sha256, alt }
    }),
  )
  const json = JSON.stringify(rows)
  await db.batch([
    db
      .prepare(`INSERT INTO picture_files (sha256) SELECT DISTINCT value ->> 'sha256' FROM json_each(?)`)
      .bind(json),
    db
      .prepare(
        `INSERT INTO product_pictures (product_id, position, sha256, extension, width, height, widths, alt)
         SELECT value ->> 'product_id', 1, value ->> 'sha256', value ->> 'extension', value ->> 'width',
           value ->> 'height', value -> 'widths', value ->> 'alt'
         FROM json_each(?)`,
      )
      .bind(json),
    db.prepare(
      `UPDATE products SET pictures = listed_pictures.pictures FROM listed_pictures WHERE product_id = products.id`,
    ),
  ])
}
