import * as z from 'zod'
import { CategoryBody, ProductBody } from '../catalog/schema.ts'
import { fieldError } from '../field-errors.ts'
import { fieldErrorIn } from '../http/fields.ts'
import { MAX_CENTS, toMoney } from '../money.ts'
import { nameKey } from '../text.ts'
import type { Cell, CellError } from './sheet.ts'
import type { ProductField, SheetProduct } from './sheet-product.ts'

/** A product of a file that has been checked. What is undefined stays as it is. */
export interface ImportedProduct {
  row: number
  name: string
  name_key: string
  handle?: string | undefined
  /** Of a handle that the export of a shop like this one gives: the shop and the id of the product there. */
  shop?: string | undefined
  id?: number | undefined
  sku?: string | undefined
  sku_key?: string | undefined
  description?: string | undefined
  price?: number | undefined
  stock?: number | undefined
  category?: string | undefined
  published?: number | undefined
  low_stock?: number | undefined
  tax_rate?: number | undefined
  /** What the export said of the stock, and its version then. */
  exported_stock?: number | undefined
  stock_version?: number | undefined
}

const { shape } = ProductBody

/** With a point or a comma before the decimal places. */
const TaxRateCell = z.preprocess((text) => String(text).replace(',', '.'), shape.tax_rate)

/** Longer than a handle of Shopify with three options. */
const MAX_HANDLE_CHARACTERS = 1_100

/** Checks every cell, and that no product is there twice. */
export function checkProducts(products: readonly SheetProduct[]): {
  checked: ImportedProduct[]
  errors: CellError[]
} {
  const errors: CellError[] = []
  const checked = products.map((product) => checkProduct(product, errors))
  errors.push(...repeatedIn(checked))
  return { checked, errors }
}

function checkProduct({ row, handle, cells }: SheetProduct, errors: CellError[]): ImportedProduct {
  const parse = <Output>(field: ProductField, schema: z.ZodType<Output>): Output | undefined => {
    const cell = cells[field]
    if (!cell) return undefined
    const { success, data, error } = schema.safeParse(cell.text)
    if (!success) errors.push(...error.issues.slice(0, 1).map((each) => errorOf(cell, fieldErrorIn(each))))
    return data
  }
  if (!cells.name) errors.push({ row, column: 'name', error: fieldError('required') })
  if (handle !== undefined && handle.length > MAX_HANDLE_CHARACTERS) {
    errors.push({ row, column: 'handle', error: fieldError('too_long', { max: MAX_HANDLE_CHARACTERS }) })
  }
  const name = parse('name', shape.name) ?? ''
  const sku = parse('sku', shape.sku) ?? undefined
  const [, shop, id] = OWN_HANDLE.exec(handle ?? '') ?? []
  return {
    row,
    name,
    name_key: nameKey(name),
    handle,
    ...(shop === undefined ? {} : { shop, id: Number(id) }),
    sku,
    sku_key: sku && nameKey(sku),
    description: parse('description', shape.description),
    price: toPrice(cells.price, errors),
    stock: parse('stock', shape.stock),
    category: parse('category', CategoryBody.shape.name),
    published: toBoolean(cells.published, errors),
    low_stock: parse('low_stock', shape.low_stock) ?? undefined,
    tax_rate: parse('tax_rate', TaxRateCell) ?? undefined,
    exported_stock: parse('exported_stock', shape.stock),
    stock_version: parse('stock_version', shape.stock),
  }
}

/** The identity of a shop and the id of a product, as the export writes them. */
const OWN_HANDLE = /^([0-9a-f]{16})-(\d{1,15})$/

/** At most two decimal places, after a point or a comma: of 1,234 and 1.234 nobody knows what they mean. */
function toPrice(cell: Cell | undefined, errors: CellError[]): number | undefined {
  if (!cell) return undefined
  const [, whole, places = ''] = /^(\d{1,8})(?:[.,](\d{1,2}))?$/.exec(cell.text) ?? []
  if (whole === undefined) {
    errors.push(errorOf(cell, fieldError('not_amount', { min: toMoney(0), max: toMoney(MAX_CENTS) })))
    return undefined
  }
  return Number(whole + places.padEnd(2, '0'))
}

const BOOLEANS = new Map([['true', 1], ['yes', 1], ['1', 1], ['false', 0], ['no', 0], ['0', 0]]) // prettier-ignore

function toBoolean(cell: Cell | undefined, errors: CellError[]): number | undefined {
  if (!cell) return undefined
  const value = BOOLEANS.get(cell.text.toLowerCase())
  if (value === undefined) errors.push(errorOf(cell, fieldError('not_one_of', { values: ['true', 'false'] })))
  return value
}

function errorOf({ row, column }: Cell, error: CellError['error']): CellError {
  return { row, column, error }
}

/** Products that a later import could not tell apart. */
function repeatedIn(products: readonly ImportedProduct[]): CellError[] {
  const [handles, skus] = [new Map<string, number>(), new Map<string, number>()]
  const named = Map.groupBy(products, ({ name_key }) => name_key)
  return products.flatMap(({ row, handle, sku_key, name_key }) => {
    const same = [
      handle === undefined ? undefined : handles.get(handle),
      sku_key === undefined ? undefined : skus.get(sku_key),
      handle === undefined && sku_key === undefined && name_key !== ''
        ? named.get(name_key)?.find((each) => each.row !== row)?.row
        : undefined,
    ].find((each) => each !== undefined)
    if (handle !== undefined) handles.set(handle, row)
    if (sku_key !== undefined) skus.set(sku_key, row)
    return same === undefined
      ? []
      : [{ row, column: null, error: fieldError('repeated_in_file', { row: same }) }]
  })
}
