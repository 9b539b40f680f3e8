import { categoryOf, countedStock } from './imported-cells.ts'
import type { Cell, Row, Sheet } from './sheet.ts'
import type { Reading, SheetProduct } from './sheet-product.ts'
import { htmlToText } from './html-to-text.ts'

/** WooCommerce's export: variations have rows of their own, which name their parent. */
export function readWooCommerce({ rows }: Sheet): Reading {
  const reading: Reading = { products: [], skipped: [], warnings: [] }
  const parents = new Map<string, Row>()
  for (const row of rows) {
    const [id, sku] = [row.text('id'), row.text('sku')]
    if (sku !== undefined) parents.set(sku, row)
    if (id !== undefined) parents.set(`id:${id}`, row)
  }
  const withVariations = new Set(
    rows
      .filter((row) => typesOf(row).includes('variation'))
      .map((row) => parents.get(row.text('parent') ?? '')),
  )
  for (const row of rows) {
    const types = typesOf(row)
    const reason = types.includes('grouped')
      ? 'grouped'
      : types.includes('external')
        ? 'sold_elsewhere'
        : withVariations.has(row)
          ? 'variants_have_rows'
          : row.cell('regular price') === undefined
            ? 'no_price'
            : undefined
    if (reason) {
      reading.skipped.push({ row: row.number, reason })
      continue
    }
    const isVariation = types.includes('variation')
    const parent = isVariation ? parents.get(row.text('parent') ?? '') : undefined
    reading.products.push(toProduct(row, parent, reading))
  }
  return reading
}

function typesOf(row: Row): string[] {
  return (row.text('type') ?? '').toLowerCase().split(/\s*,\s*/)
}

function toProduct(row: Row, parent: Row | undefined, reading: Reading): SheetProduct {
  const id = row.text('id')
  const description = textIn(row) ?? (parent && textIn(parent))
  const category = row.cell('categories') ?? parent?.cell('categories')
  const pictures = row.text('images') ?? ''
  const sale = row.cell('sale price')
  if (sale) reading.warnings.push({ row: row.number, column: sale.column, code: 'sale_price_ignored' })
  return {
    row: row.number,
    // Ids begin at 1 in every shop, so that one only counts where there is no SKU.
    handle: row.text('sku') === undefined && id !== undefined ? `woocommerce-${id}` : undefined,
    cells: {
      name: nameOf(row, parent),
      description,
      price: row.cell('regular price'),
      stock: stockOf(row, reading),
      sku: row.cell('sku'),
      category: categoryOf(category),
      published: publishedOf(row, parent),
      low_stock: row.cell('low stock amount'),
    },
    pictures: pictures.split(/\s*,\s*/).filter(Boolean),
  }
}

function nameOf(row: Row, parent: Row | undefined): Cell | undefined {
  const own = row.cell('name')
  const options = row.texts(/^attribute \d+ value\(s\)$/).map((option) => option.replaceAll('\\,', ','))
  const name = parent?.cell('name')
  if (!name || options.length === 0) return own
  return { ...name, row: row.number, text: `${name.text} – ${options.join(' / ')}` }
}

/** The description, or the short one where there is no other. Line breaks may be written as \n. */
function textIn(row: Row): Cell | undefined {
  const cell = row.cell('description', 'short description')
  return cell && { ...cell, text: htmlToText(cell.text.replaceAll(/\\r\\n|\\n/g, '\n')) }
}

/**
 * A product without a count is in stock or sold out; only the second is a number. `parent` counts for all variations.
 */
function stockOf(row: Row, reading: Reading): Cell | undefined {
  const counted = countedStock(row, ['stock'], reading)
  const available = row.cell('in stock?')
  const isCounted = counted !== undefined && counted.text !== 'parent'
  if (isCounted || !available) return isCounted ? counted : undefined
  if (available.text === '0') return available
  reading.warnings.push({ row: row.number, column: available.column, code: 'stock_not_counted' })
  return undefined
}

/** 1 is published; 0 is private, -1 a draft, 2 waits for a review. What the catalog hides is a draft as well. */
function publishedOf(row: Row, parent: Row | undefined): Cell | undefined {
  const own = row.cell('published')
  const isHidden = [row, parent].some(
    (each) => each?.text('visibility in catalog') === 'hidden' || (each?.text('published') ?? '1') !== '1',
  )
  return own && { ...own, text: String(!isHidden) }
}
