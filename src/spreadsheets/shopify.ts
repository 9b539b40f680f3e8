import type { Cell, Row, Sheet } from './sheet.ts'
import type { Reading, SheetProduct } from './sheet-product.ts'
import { categoryOf, countedStock } from './imported-cells.ts'
import { htmlToText } from './html-to-text.ts'

const TRACKER = ['variant inventory tracker', 'inventory tracker']

/** Shopify calls the option of a product without variants so. */
const NO_OPTION = 'Default Title'

/**
 * Shopify's export, with the headers of before and after 2024. A product has a row for each variant and for each
 * further picture; those that follow have its handle and not its title.
 */
export function readShopify({ rows }: Sheet): Reading {
  const reading: Reading = { products: [], skipped: [], warnings: [] }
  let first: Row | undefined
  /** What the first row became. */
  let main: SheetProduct | undefined
  for (const row of rows) {
    if (row.text('title') !== undefined) [first, main] = [row, undefined]
    if (!first || handleOf(row) !== handleOf(first)) {
      reading.skipped.push({ row: row.number, reason: 'no_product' })
      continue
    }
    const picture = row.text('image src', 'product image url')
    if (row !== first && !isVariant(row)) {
      if (picture !== undefined) main?.pictures.push(picture)
      continue
    }
    if (first.text('gift card')?.toLowerCase() === 'true') {
      reading.skipped.push({ row: row.number, reason: 'gift_card' })
      continue
    }
    const product = toProduct(first, row, picture, reading)
    main ??= product
    reading.products.push(product)
  }
  return reading
}

function handleOf(row: Row): string | undefined {
  return row.text('handle', 'url handle')?.toLowerCase()
}

function isVariant(row: Row): boolean {
  return optionsOf(row).length > 0 || row.text('variant price', 'price', 'variant sku', 'sku') !== undefined
}

function optionsOf(row: Row): string[] {
  return row.texts(/^option[123] value$/).filter((option) => option !== NO_OPTION)
}

function toProduct(first: Row, row: Row, picture: string | undefined, reading: Reading): SheetProduct {
  const options = optionsOf(row)
  const name = first.cell('title')!
  const description = first.cell('body (html)', 'description')
  const category = first.cell('type', 'product category', 'tags')
  const handle = handleOf(first)
  return {
    row: row.number,
    handle: handle && [handle, ...options].join('/'),
    cells: {
      name: { ...name, text: [name.text, options.join(' / ')].filter(Boolean).join(' – ') },
      description: description && { ...description, text: htmlToText(description.text) },
      price: row.cell('variant price', 'price'),
      stock: stockOf(row, reading),
      sku: row.cell('variant sku', 'sku'),
      category: categoryOf(category),
      published: publishedOf(first),
    },
    pictures: picture === undefined ? [] : [picture],
  }
}

/** A variant without a tracker is always for sale there, so that its 0 is no count. */
function stockOf(row: Row, reading: Reading): Cell | undefined {
  const counted = countedStock(row, ['variant inventory qty', 'inventory quantity'], reading)
  const isTracked = !row.has(...TRACKER) || row.text(...TRACKER) !== undefined
  if (isTracked || (counted && counted.text !== '0')) return counted
  reading.warnings.push({ row: row.number, column: counted?.column ?? null, code: 'stock_not_counted' })
  return undefined
}

/** Drafts and archived products are published nowhere, whatever Published says. */
function publishedOf(row: Row) {
  const status = row.cell('status')
  if (status && status.text.toLowerCase() !== 'active') return { ...status, text: 'false' }
  return row.cell('published', 'published on online store')
}
