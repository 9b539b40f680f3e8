import { InvalidRequest } from '../errors.ts'
import { fieldError } from '../field-errors.ts'
import { KIOSK_COLUMNS, readKiosk } from './kiosk-format.ts'
import { readShopify } from './shopify.ts'
import { nameOf, type Sheet } from './sheet.ts'
import type { Reading } from './sheet-product.ts'
import { readWooCommerce } from './woocommerce.ts'

export type Format = 'kiosk' | 'shopify' | 'woocommerce'

/** The columns of Shopify's export that `column` can name, beside those of KIOSK_COLUMNS. */
const SHOPIFY_COLUMNS = [
  'title',
  'handle',
  'url handle',
  'body (html)',
  'type',
  'product category',
  'tags',
  'published on online store',
  'status',
  'option1 value',
  'option2 value',
  'option3 value',
  'variant sku',
  'variant price',
  'variant inventory qty',
  'inventory quantity',
  'gift card',
  'image src',
  'product image url',
]

/** In the order of WooCommerce's export, which translates the headers. Those without a name are not read. */
const WOOCOMMERCE_ORDER = [
  'id', 'type', 'sku', 'name', 'published', '', 'visibility in catalog', 'short description', 'description', '', '', '',
  '', 'in stock?', 'stock', 'low stock amount', '', '', '', '', '', '', '', '', 'sale price', 'regular price',
  'categories', '', '', 'images', '', '', 'parent', '', '', '', '', '', '',
] // prettier-ignore

/** After all those, each attribute of WooCommerce has columns for its name, its values, and settings. */
const attributeValues = (number: number) => `attribute ${number} value(s)`

const KNOWN = new Set<string>([
  ...KIOSK_COLUMNS,
  ...SHOPIFY_COLUMNS,
  ...WOOCOMMERCE_ORDER.filter(Boolean),
  ...[1, 2, 3].map(attributeValues),
])

const READERS: Record<Format, (sheet: Sheet) => Reading> = {
  kiosk: readKiosk,
  shopify: readShopify,
  woocommerce: readWooCommerce,
}

/** Reads the products of a sheet, whatever shop wrote it. `given` names columns that have other headers. */
export function readProducts(sheet: Sheet, given: readonly string[]): Reading & { format: Format } {
  if (given.length > 0) nameColumns(sheet, given)
  else if (formatOf(sheet) !== 'shopify') nameByPosition(sheet)
  const format = formatOf(sheet)
  if (!format) {
    const headers = sheet.headers.filter(Boolean).slice(0, MAX_NAMED)
    throw new InvalidRequest({ '': [fieldError('unknown_headers', { headers })] })
  }
  return { format, ...READERS[format](sheet) }
}

/** The error about unknown headers names at most this many. */
const MAX_NAMED = 10

function formatOf({ columns }: Sheet): Format | undefined {
  const has = (...names: string[]) => names.some((name) => columns.has(name))
  if (has('title') && has('handle', 'url handle', 'variant price', 'price')) return 'shopify'
  if (has('name') && has('regular price', 'in stock?', 'visibility in catalog')) return 'woocommerce'
  return has('name') ? 'kiosk' : undefined
}

/** Gives columns the names that the client knows for them, each as `name:header`. */
function nameColumns({ columns }: Sheet, given: readonly string[]): void {
  for (const each of given) {
    const [, name = '', header = ''] = /^([^:]*):(.*)$/s.exec(each) ?? []
    const index = columns.get(nameOf(header))
    if (!KNOWN.has(nameOf(name)))
      throw new InvalidRequest({ column: [fieldError('not_one_of', { values: [...KNOWN] })] })
    if (index === undefined) throw new InvalidRequest({ column: [fieldError('no_such_header')] })
    columns.set(nameOf(name), index)
  }
}

/**
 * Gives columns WooCommerce's names if this is its export in another language: the types in the second column and the
 * numbers in the fifth are not translated. Newer exports have a barcode before the name.
 */
function nameByPosition({ headers, columns, rows }: Sheet): void {
  const all = (index: number, pattern: RegExp) => rows.every((row) => pattern.test(row.at(index)))
  const name = WOOCOMMERCE_ORDER.indexOf('name')
  const shift = [0, 1].find((by) => all(name + 1 + by, /^(?:-1|[012])$/))
  const isExport = shift !== undefined && all(1, /^(?:simple|variable|variation|grouped|external)\b/i)
  if (!isExport || headers.length < WOOCOMMERCE_ORDER.length + shift) return
  WOOCOMMERCE_ORDER.forEach((column, index) => {
    if (column !== '') columns.set(column, index < name ? index : index + shift)
  })
  // Newer exports have brands before the attributes, an attribute may have a default, and columns after them no number.
  for (let [from, number] = [WOOCOMMERCE_ORDER.length + shift, 1]; ; number += 1) {
    const names = headers.findIndex((header, index) => index >= from && header.includes(String(number)))
    if (names === -1 || !headers[names + 1]?.includes(String(number))) return
    columns.set(attributeValues(number), names + 1)
    from = names + 2
  }
}
