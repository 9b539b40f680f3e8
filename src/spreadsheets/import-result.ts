import { AppError } from '../errors.ts'
import { sentenceOf } from '../field-errors.ts'
import type { ImportResult, RowNote } from './openapi.ts'
import type { Format } from './formats.ts'
import type { Matched, Preview } from './import-products.ts'
import type { CellError } from './sheet.ts'
import type { Reading, SkipReason, Warning } from './sheet-product.ts'

/** So many of each list are in an answer; it counts all of them. */
const LISTED = 200

const SKIP_SENTENCES: Record<SkipReason, string> = {
  variants_have_rows: 'Its variants are products of their own.',
  grouped: 'A group of products is not imported.',
  sold_elsewhere: 'The product is sold by another shop.',
  no_price: 'It has no price, and so was not for sale.',
  gift_card: 'Gift cards are not imported.',
  no_product: 'The row has no title, and the last row above that has one has another handle.',
}

const WARNING_SENTENCES: Record<Warning, string> = {
  encoding_guessed: 'The file is not UTF-8 and was read as Windows-1252. Look at letters with accents.',
  sale_price_ignored: 'The regular price is imported, not the sale price.',
  stock_not_counted: 'The file has no count of its stock. A new product begins with 0.',
  stock_was_negative: 'A negative stock is imported as 0.',
  stock_below_sold: 'More has been sold since the last file than this one allows. The stock becomes 0.',
  export_is_old: 'A newer export has been imported. The stock stays as it is.',
}

interface File extends Reading {
  format: Format
  isGuessed: boolean
  rows: number
  /** The first product of this piece. */
  from: number
}

/**
 * Describes what an import did with these products, or would do. Only the first piece describes the file as a whole.
 */
export function toResult(
  { format, rows, products, skipped, warnings, isGuessed, from }: File,
  { matches, new_categories }: Pick<Preview, 'matches' | 'new_categories'>,
  errors: readonly CellError[],
  applied?: { done: number; next: string | null },
): ImportResult {
  const changed = matches.filter(({ product_id, changes, stock_before, stock_after }) => {
    return product_id === null || changes !== '[]' || stock_before !== stock_after
  })
  const created = matches.filter(({ product_id }) => product_id === null).length
  const isFirst = from === 0
  const notes = [
    ...(isFirst && isGuessed ? [{ row: 1, column: null, code: 'encoding_guessed' as const }] : []),
    ...(isFirst ? warnings : []),
    ...matches.flatMap(stockWarnings),
  ]
  const pictures = isFirst ? products.filter((product) => product.pictures.length > 0) : []
  return {
    dry_run: applied === undefined,
    format,
    rows,
    products: products.length,
    done: applied?.done ?? 0,
    next: applied?.next ?? null,
    created,
    updated: changed.length - created,
    unchanged: matches.length - changed.length,
    changes: changed.slice(0, LISTED).map(toChange),
    new_categories: isFirst ? new_categories.slice(0, LISTED) : [],
    skipped_count: isFirst ? skipped.length : 0,
    skipped: isFirst
      ? skipped.slice(0, LISTED).map(({ row, reason }) => ({
          row,
          column: null,
          code: reason,
          message: SKIP_SENTENCES[reason],
        }))
      : [],
    warning_count: notes.length,
    warnings: notes.slice(0, LISTED).map((note) => ({ ...note, message: WARNING_SENTENCES[note.code] })),
    cell_error_count: errors.length,
    cell_errors: toNotes(errors),
    picture_count: pictures.length,
    pictures: pictures.slice(0, LISTED).map(({ row, cells, pictures: urls }) => ({
      row,
      name: cells.name?.text ?? '',
      urls: urls.slice(0, LISTED),
    })),
  }
}

/** The error of an import with these errors of cells; `from` is the index of the first product of its piece. */
export function importError(errors: readonly CellError[], from: number): AppError {
  const [{ row, column, message }] = toNotes(errors) as [RowNote]
  const place = column === null ? `Row ${row}` : `Row ${row}, ${column}`
  const more = errors.length === 1 ? '' : ` Errors besides this one: ${errors.length - 1}.`
  return new AppError(
    'invalid_import',
    `${place}: ${message}${more} ${from === 0 ? 'Nothing' : 'Nothing more'} has been imported.`,
    {
      cell_error_count: errors.length,
      cell_errors: toNotes(errors),
    },
  )
}

function toNotes(errors: readonly CellError[]): RowNote[] {
  return errors
    .toSorted((one, other) => one.row - other.row)
    .slice(0, LISTED)
    .map(({ row, column, error }) => ({ row, column, code: error.code, message: sentenceOf(error) }))
}

function toChange({ row, name, product_id, changes, stock_before, stock_after }: Matched) {
  const stock = stock_before === null || stock_before === stock_after ? [] : ['stock']
  return {
    row,
    name,
    product_id,
    fields: [...(JSON.parse(changes) as string[]), ...stock],
    stock_before,
    stock_after,
  }
}

function stockWarnings({ row, is_below_sold, is_old }: Matched) {
  return [
    ...(is_below_sold ? [{ row, column: 'stock', code: 'stock_below_sold' as const }] : []),
    ...(is_old ? [{ row, column: 'stock', code: 'export_is_old' as const }] : []),
  ]
}
