import { sql } from 'kysely'
import { toAdminProduct } from '../catalog/product.ts'
import { MAX_STOCK } from '../catalog/schema.ts'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { csvLine } from './csv.ts'
import { KIOSK_COLUMNS } from './kiosk-format.ts'

/** Products on a page, which is what is in memory at a time. */
const PAGE_SIZE = 500

/** All products by id, as comma-separated lines that an import understands. */
export async function* exportProducts(db: Db): AsyncGenerator<string, void, void> {
  let head = csvLine(KIOSK_COLUMNS)
  let after = 0
  for (;;) {
    const rows = await db.all(selectProducts(after))
    yield head + rows.map(toLine).join('')
    if (rows.length < PAGE_SIZE) return
    after = rows.at(-1)!.id
    head = ''
  }
}

function selectProducts(after: number) {
  return build
    .selectFrom('products')
    .innerJoin('categories', 'categories.id', 'category_id')
    .selectAll('products')
    .select(['categories.name as category_name'])
    .select(sql<string>`(SELECT id FROM shop_identity)`.as('shop'))
    .where('products.id', '>', after)
    .orderBy('products.id')
    .limit(PAGE_SIZE)
}

type Row =
  ReturnType<typeof selectProducts> extends { executeTakeFirstOrThrow(): Promise<infer R> } ? R : never

function toLine(row: Row): string {
  const { name, description, price, sku, published, low_stock, tax_rate, ...product } = toAdminProduct(row)
  const stock = Math.min(product.stock, MAX_STOCK) // units that came back may exceed what an import takes
  const cells: Record<(typeof KIOSK_COLUMNS)[number], string | number | null> = {
    handle: `${row.shop}-${row.id}`,
    sku,
    name,
    description,
    price,
    stock,
    category: row.category_name,
    published: String(published),
    low_stock,
    tax_rate,
    exported_stock: stock,
    stock_version: row.stock_version,
  }
  return csvLine(KIOSK_COLUMNS.map((column) => cells[column]))
}
