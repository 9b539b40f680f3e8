import { createHash } from 'node:crypto'
import type { Bindings } from '../../src/env.ts'
import { filesOf, type Storage, storeFiles } from '../../src/pictures/files.ts'
import { nameKey } from '../../src/text.ts'
import { ensureCategories, insertProducts, type ProductRow } from './catalog.ts'
import { drawingOf } from './drawings.ts'

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

/** Adds the demo products that are missing, and the pictures of those that have none. Changes no other product. */
export async function ensureDemoCatalog({
  DB: db,
  PICTURES: bucket,
  IMAGES: images,
}: Pick<Bindings, 'DB' | 'PICTURES' | 'IMAGES'>): Promise<void> {
  const products = await demoProducts(db)
  const keys = JSON.stringify(products.map(({ name, sku }) => ({ name, sku_key: nameKey(sku) })))
  const { results } = await db
    .prepare(`SELECT sku_key FROM products WHERE sku_key IN (SELECT value ->> 'sku_key' FROM json_each(?))`)
    .bind(keys)
    .all<{ sku_key: string }>()
  const known = new Set(results.map(({ sku_key }) => sku_key))
  await insertProducts(
    db,
    products.filter(({ sku }) => !known.has(nameKey(sku))),
  )
  if (bucket && images) await insertDrawings(db, keys, { bucket, images })
}

/** The products of the demo, in categories that are created if they are missing. */
async function demoProducts(db: D1Database): Promise<(ProductRow & { sku: string })[]> {
  const created_at = Date.now()
  const products = []
  for (const [category, rows] of Object.entries(CATALOG)) {
    const [category_id] = await ensureCategories(db, [category])
    for (const [name, price_cents, stock, description, sku, low_stock] of rows) {
      products.push({
        name,
        description,
        price_cents,
        stock,
        category_id: category_id!,
        created_at,
        sku,
        ...(low_stock === undefined ? {} : { low_stock }),
      })
    }
  }
  return products
}

/** Gives each of these products that has no picture a drawing, as the Worker does. */
async function insertDrawings(db: D1Database, keys: string, storage: Storage): Promise<void> {
  const { results } = await db
    .prepare(
      `SELECT id, name FROM products WHERE pictures = '[]' AND (sku_key, name) IN
         (SELECT value ->> 'sku_key', value ->> 'name' FROM json_each(?)) ORDER BY id`,
    )
    .bind(keys)
    .all<{ id: number; name: string }>()
  const rows = await Promise.all(
    results.map(async ({ id, name }, n) => {
      const { alt, svg } = drawingOf(name, n)
      const bytes = new TextEncoder().encode(svg)
      // With Images every file becomes WebP, whatever the extension here.
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
    db
      .prepare(
        `UPDATE products SET pictures = listed_pictures.pictures FROM listed_pictures
         WHERE product_id = products.id AND products.id IN (SELECT value ->> 'product_id' FROM json_each(?))`,
      )
      .bind(json),
  ])
}
