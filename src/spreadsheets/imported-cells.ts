import type { Cell, Row } from './sheet.ts'
import type { Reading } from './sheet-product.ts'

/**
 * The stock of a row. A negative stock, which other shops have, is 0 here. Without a stock the product keeps its own.
 */
export function countedStock(row: Row, columns: string[], { warnings }: Reading): Cell | undefined {
  const cell = row.cell(...columns)
  if (!cell || !/^-\s*\d/.test(cell.text)) return cell
  warnings.push({ row: cell.row, column: cell.column, code: 'stock_was_negative' })
  return { ...cell, text: '0' }
}

/**
 * The category of a cell such as `Clothing > Shirts, Sale`: Shirts, the deepest of the first path, because a product
 * has one category here and categories have no others within. WooCommerce writes a comma in a name as \, .
 */
export function categoryOf(cell: Cell | undefined): Cell | undefined {
  const path = cell?.text.split(/(?<!\\),/)[0]!.replaceAll('\\,', ',')
  const name = path?.split('>').findLast((each) => each.trim() !== '')
  return name === undefined ? undefined : { ...cell!, text: name.trim() }
}
