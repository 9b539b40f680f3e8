import type { Sheet } from './sheet.ts'
import type { Reading } from './sheet-product.ts'

/** The columns of this shop's own export, of which a file needs only the name. */
export const KIOSK_COLUMNS = [
  'handle',
  'sku',
  'name',
  'description',
  'price',
  'stock',
  'category',
  'published',
  'low_stock',
  'tax_rate',
  'exported_stock',
  'stock_version',
] as const

export function readKiosk({ rows }: Sheet): Reading {
  const products = rows.map((row) => {
    const { handle, ...cells } = Object.fromEntries(KIOSK_COLUMNS.map((column) => [column, row.cell(column)]))
    return { row: row.number, handle: handle?.text, cells, pictures: [] }
  })
  return { products, skipped: [], warnings: [] }
}
