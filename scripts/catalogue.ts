import { foldCase } from '../src/text.ts'

/** Made-up products: plausible names and prices, the same ones for the same number. */

export const CATEGORY_NAMES = [
  'Audio', 'Bags', 'Bathroom', 'Bicycles', 'Books', 'Cameras', 'Computers', 'Furniture', 'Games', 'Garden',
  'Jewellery', 'Kitchen', 'Lighting', 'Office', 'Outdoor', 'Pets', 'Shoes', 'Sports', 'Tools', 'Toys',
] // prettier-ignore

const MANNERS = ['Compact', 'Classic', 'Folding', 'Light', 'Quiet', 'Robust', 'Slim', 'Soft', 'Solid', 'Warm']
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
const THINGS = [
  'backpack', 'basket', 'bench', 'blanket', 'bottle', 'bowl', 'box', 'chair', 'clock', 'cup', 'desk', 'frame',
  'headset', 'jacket', 'keyboard', 'lamp', 'mug', 'pan', 'pen', 'pillow', 'radio', 'rug', 'scale', 'shelf',
  'speaker', 'stand', 'table', 'tray', 'vase', 'watch',
] // prettier-ignore
const PLACES = [
  'at home',
  'at work',
  'for the road',
  'for every day',
  'for guests',
  'for small rooms',
  'for the weekend',
]

export interface MadeProduct {
  name: string
  name_key: string
  description: string
  price_cents: number
  stock: number
  category_id: number
  created_at: number
}

/** The n-th product, in one of these categories. One in ten is out of stock. */
export function makeProduct(n: number, category_ids: readonly number[], now: number): MadeProduct {
  const dice = rolling(n)
  const [manner, material, thing] = [dice.pick(MANNERS), dice.pick(MATERIALS), dice.pick(THINGS)]
  const name = `${manner} ${material} ${thing} ${n}`
  return {
    name,
    name_key: foldCase(name),
    description: `A ${manner.toLowerCase()} ${thing} of ${material}, made to be used ${dice.pick(PLACES)}. Ships in a plain box.`,
    price_cents: 199 + Math.floor(10 ** (2 + 3 * dice.roll())),
    stock: dice.roll() < 0.1 ? 0 : Math.floor(500 * dice.roll()) + 1,
    category_id: category_ids[n % category_ids.length]!,
    created_at: now - Math.floor(dice.roll() * 365 * 86_400_000),
  }
}

const AT_ONCE = 1000

/** Inserts the products from 0 up to `wanted`; tells after each thousand how many there are. */
export async function seedProducts(
  db: D1Database,
  wanted: number,
  make: (n: number) => MadeProduct,
  tell: (made: number) => void,
): Promise<void> {
  for (let from = 0; from < wanted; from += AT_ONCE) {
    const length = Math.min(AT_ONCE, wanted - from)
    await insertProducts(
      db,
      Array.from({ length }, (_, index) => make(from + index)),
    )
    tell(from + length)
  }
}

/** Inserts products with the first entry of their ledger; a thousand at a time is a good measure. */
export async function insertProducts(db: D1Database, products: readonly MadeProduct[]): Promise<void> {
  await db.batch([
    db
      .prepare(
        `INSERT INTO products (name, name_key, description, price_cents, stock, in_stock, category_id, created_at, updated_at)
         SELECT value ->> 'name', value ->> 'name_key', value ->> 'description', value ->> 'price_cents', value ->> 'stock',
           (value ->> 'stock') > 0, value ->> 'category_id', value ->> 'created_at', value ->> 'created_at'
         FROM json_each(?)`,
      )
      .bind(JSON.stringify(products)),
    db
      .prepare(
        `INSERT INTO stock_movements (product_id, delta, stock_after, reason, at)
         SELECT id, stock, stock, 'initial', created_at FROM products ORDER BY id DESC LIMIT ?`,
      )
      .bind(products.length),
  ])
}

/** The ids of these categories, made where they are missing. */
export async function provideCategories(db: D1Database, names: readonly string[]): Promise<number[]> {
  const categories = JSON.stringify(names.map((name) => ({ name, key: foldCase(name) })))
  await db
    .prepare(
      `INSERT INTO categories (name, name_key, description)
       SELECT value ->> 'name', value ->> 'key', '' FROM json_each(?) WHERE true ON CONFLICT DO NOTHING`,
    )
    .bind(categories)
    .run()
  const { results } = await db
    .prepare(
      `SELECT id FROM categories WHERE name_key IN (SELECT value ->> 'key' FROM json_each(?)) ORDER BY id`,
    )
    .bind(categories)
    .all<{ id: number }>()
  return results.map(({ id }) => id)
}

/** mulberry32: small, and the same on every machine. */
function rolling(seed: number) {
  let state = seed * 2_654_435_761
  const roll = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { roll, pick: (choices: readonly string[]) => choices[Math.floor(roll() * choices.length)]! }
}
