import type { Cell } from './sheet.ts'

/** What a cell can say of a product. */
export type ProductField =
  | 'name'
  | 'description'
  | 'price'
  | 'stock'
  | 'sku'
  | 'category'
  | 'published'
  | 'low_stock'
  | 'tax_rate'
  | 'exported_stock'
  | 'stock_version'

/** A product as a spreadsheet describes it. A field without a cell stays as it is. */
export interface SheetProduct {
  /** The row that begins it. */
  row: number
  /** What the source calls it, the same in every file of that source. */
  handle?: string | undefined
  cells: Partial<Record<ProductField, Cell | undefined>>
  /** Addresses of its pictures, which are not fetched. */
  pictures: string[]
}

export type SkipReason =
  'variants_have_rows' | 'grouped' | 'sold_elsewhere' | 'no_price' | 'gift_card' | 'no_product'

export interface Skipped {
  row: number
  reason: SkipReason
}

export type Warning =
  | 'encoding_guessed'
  | 'sale_price_ignored'
  | 'stock_not_counted'
  | 'stock_was_negative'
  | 'stock_below_sold'
  | 'export_is_old'

/** What a reader of one format makes of a sheet. */
export interface Reading {
  products: SheetProduct[]
  skipped: Skipped[]
  warnings: { row: number; column: string | null; code: Warning }[]
}
