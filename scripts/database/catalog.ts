import { toIndexedWords, toSkuWords, WORDS_VERSION } from '../../src/catalog/search-words.ts'
import { sortKeyOf } from '../../src/catalog/sort-key.ts'
import { nameKey } from '../../src/text.ts'
import { seededRandom } from './seeded-random.ts'

/** Generated products with plausible names and prices: the same number gives the same product. */

export const CATEGORY_NAMES = [
  'Audio', 'Bags', 'Bathroom', 'Bicycles', 'Books', 'Cameras', 'Computers', 'Furniture', 'Games', 'Garden',
  'Jewellery', 'Kitchen', 'Lighting', 'Office', 'Outdoor', 'Pets', 'Shoes', 'Sports', 'Tools', 'Toys',
] // prettier-ignore

const STYLES = ['Compact', 'Classic', 'Folding', 'Light', 'Quiet', 'Robust', 'Slim', 'Soft', 'Solid', 'Warm']
const MATERIALS = [
  'aluminium',
  'bamboo',
  'canvas',
  'ceramic',
  'copper',
  'cotton',
  'glass',
  'leather',
  'oak',
  'steel',
  'walnut',
  'wool',
]
const ITEMS = [
  'backpack', 'basket', 'bench', 'blanket', 'bottle', 'bowl', 'box', 'chair', 'clock', 'cup', 'desk', 'frame',
  'headset', 'jacket', 'keyboard', 'lamp', 'mug', 'pan', 'pen', 'pillow', 'radio', 'rug', 'scale', 'shelf',
  'speaker', 'stand', 'table', 'tray', 'vase', 'watch',
] // prettier-ignore
const USES = [
  'at home',
  'at work',
  'for the road',
  'for every day',
  'for guests',
  'for small rooms',
  'for the weekend',
]

export interface ProductRow {
  name: string
  description: string
  price_cents: number
  stock: number
  category_id: number
  created_at: number
  sku?: string
  /** False for a draft. */
  published?: boolean
  low_stock?: number
}

/** The n-th product, in one of these categories. One in ten is out of stock. */
export function generateProduct(n: number, category_ids: readonly number[], now: number): ProductRow {
  const random = seededRandom(n * 2_654_435_761)
  const pick = (choices: readonly string[]) => choices[Math.floor(random() * choices.length)]!
  const [style, material, item] = [pick(STYLES), pick(MATERIALS), pick(ITEMS)]
  const name = `${style} ${material} ${item} ${n}`
  return {
    name,
    description: `A ${style.toLowerCase()} ${item} of ${material}, made to be used ${pick(USES)}. Ships in a plain box.`,
    price_cents: 199 + Math.floor(10 ** (2 + 3 * random())),
    stock: random() < 0.1 ? 0 : Math.floor(500 * random()) + 1,
    category_id: category_ids[n % category_ids.length]!,
    created_at: now - Math.floor(random() * 365 * 86_400_000),
  }
}

const BATCH = 1000

/** Inserts the products from 0 up to `wanted`, and merges their search index; reports their number after each batch. */
export async function seedProducts(
  db: D1Database,
  wanted: number,
  generate: (n: number) => ProductRow,
  report: (inserted: number) => void,
): Promise<void> {
  for (let from = 0; from < wanted; from += BATCH) {
    const length = Math.min(BATCH, wanted - from)
    await insertProducts(
      db,
      Array.from({ length }, (_, index) => generate(from + index)),
    )
    report(from + length)
  }
  await mergeSegments(db)
}

/** As the minute job of a shop does over time. A run that has nothing to merge reports one change. */
async function mergeSegments(db: D1Database): Promise<void> {
  const run = db.prepare("INSERT INTO product_words (product_words, rank) VALUES ('merge', 5000)")
  for (let changes = 2; changes > 1;) ({ changes } = (await run.run()).meta)
}

/** Inserts products as the Worker does, each with its search words and the first entry of its ledger. */
export async function insertProducts(db: D1Database, products: readonly ProductRow[]): Promise<void> {
  const rows = products.map((product) => ({
    ...product,
    published: Number(product.published ?? true),
    sku_key: product.sku && nameKey(product.sku),
    sku_words: toSkuWords(product.sku ?? null),
    name_key: sortKeyOf(product.name),
    name_words: toIndexedWords(product.name, { isName: true }),
    description_words: toIndexedWords(product.description, { isName: false }),
  }))
  await db.batch([
    db
      .prepare(
        // in_stock is 0 or 1, and 2 more for a draft, which keeps drafts out of the lists of customers.
        `INSERT INTO products (name, name_key, description, price_cents, stock, in_stock, category_id, created_at, updated_at, words_version, sku, sku_key, published, low_stock)
         SELECT value ->> 'name', value ->> 'name_key', value ->> 'description', value ->> 'price_cents', value ->> 'stock',
           (value ->> 'stock' > 0) + 2 * (1 - (value ->> 'published')), value ->> 'category_id', value ->> 'created_at', value ->> 'created_at', ?,
           value ->> 'sku', value ->> 'sku_key', value ->> 'published', value ->> 'low_stock'
         FROM json_each(?)`,
      )
      .bind(WORDS_VERSION, JSON.stringify(rows)),
    db
      .prepare(
        `INSERT INTO product_texts (id, name, description, sku)
         SELECT (SELECT max(id) FROM products) + key + 1 - ?, value ->> 'name_words', value ->> 'description_words',
           value ->> 'sku_words' FROM json_each(?)`,
      )
      .bind(rows.length, JSON.stringify(rows)),
    db
      .prepare(
        `INSERT INTO stock_movements (product_id, delta, stock_after, reason, at)
         SELECT id, stock, stock, 'initial', created_at FROM products ORDER BY id DESC LIMIT ?`,
      )
      .bind(rows.length),
  ])
}

/** Returns the ids of these categories; creates those that are missing. */
export async function ensureCategories(db: D1Database, names: readonly string[]): Promise<number[]> {
  const categories = JSON.stringify(
    names.map((name) => ({
      name,
      key: nameKey(name),
      sort_key: sortKeyOf(name),
      words: toIndexedWords(name, { isName: true }),
    })),
  )
  await db
    .prepare(
      `INSERT INTO categories (name, name_key, sort_key, words, words_version, description)
       SELECT value ->> 'name', value ->> 'key', value ->> 'sort_key', value ->> 'words', ?, ''
       FROM json_each(?) WHERE true ON CONFLICT DO NOTHING`,
    )
    .bind(WORDS_VERSION, categories)
    .run()
  const { results } = await db
    .prepare(
      `SELECT id FROM categories WHERE name_key IN (SELECT value ->> 'key' FROM json_each(?)) ORDER BY id`,
    )
    .bind(categories)
    .all<{ id: number }>()
  return results.map(({ id }) => id)
}
