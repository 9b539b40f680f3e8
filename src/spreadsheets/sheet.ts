import { InvalidRequest } from '../errors.ts'
import { type FieldError, fieldError } from '../field-errors.ts'
import { parseCsv, unescaped } from './csv.ts'

export const MAX_ROWS = 5000
const MAX_COLUMNS = 1000

/** What is wrong with a cell, or with a whole row. */
export interface CellError {
  /** As a spreadsheet program numbers it: the headers are row 1. */
  row: number
  column: string | null
  error: FieldError
}

export interface Cell {
  row: number
  /** Its header, as it stands in the file. */
  column: string
  text: string
}

/** A row that is not empty. */
export class Row {
  readonly number: number
  readonly #sheet: Sheet
  readonly #cells: readonly string[]

  constructor(sheet: Sheet, number: number, cells: readonly string[]) {
    this.#sheet = sheet
    this.number = number
    this.#cells = cells
  }

  /** The cell of the first of these columns that the file has and that is not empty here. */
  cell(...columns: string[]): Cell | undefined {
    for (const column of columns) {
      const index = this.#sheet.columns.get(column)
      const text = index === undefined ? '' : unescaped(this.at(index))
      if (text !== '') return { row: this.number, column: this.#sheet.headers[index!]!, text }
    }
    return undefined
  }

  at(index: number): string {
    return this.#cells[index]?.trim() ?? ''
  }

  /** Whether the file has one of these columns. */
  has(...columns: string[]): boolean {
    return columns.some((column) => this.#sheet.columns.has(column))
  }

  text(...columns: string[]): string | undefined {
    return this.cell(...columns)?.text
  }

  /** The texts of the columns whose names match, in order. */
  texts(pattern: RegExp): string[] {
    const names = [...this.#sheet.columns.keys()].filter((name) => pattern.test(name))
    return names.map((name) => this.text(name)).filter((text) => text !== undefined)
  }
}

export interface Sheet {
  /** As they stand in the file. */
  headers: readonly string[]
  /** The index of each column by its header in lower case; of two with the same header, the first. */
  columns: Map<string, number>
  rows: readonly Row[]
  errors: CellError[]
}

/** Reads the headers and rows of a file. Throws if it has none, or more of them than an import may have. */
export function readSheet(text: string): Sheet {
  // Blank lines count, but not after the last row.
  const {
    rows,
    misquoted,
    rest: unread = '',
  } = parseCsv(text, { max_rows: MAX_ROWS + 2, max_columns: MAX_COLUMNS + 1 })
  while (rows.length > 0 && isEmpty(rows.at(-1)!)) rows.pop()
  if (rows.length > MAX_ROWS + 1 || /[^\s",;]/.test(unread))
    throw refused(fieldError('too_many_rows', { max: MAX_ROWS }))
  const [headers = [], ...rest] = rows
  if (headers.length > MAX_COLUMNS) throw refused(fieldError('too_many_columns', { max: MAX_COLUMNS }))
  if (misquoted === 0) throw refused(fieldError('misplaced_quotes'))
  if (misquoted === undefined && rest.length === 0) throw refused(fieldError('no_rows'))
  const sheet = {
    headers: headers.map((header) => header.trim()),
    columns: new Map<string, number>(),
    rows: [] as Row[],
    errors: rest.flatMap((cells, index) =>
      isEmpty(cells.slice(headers.length))
        ? []
        : [{ row: index + 2, column: null, error: fieldError('too_many_cells', { max: headers.length }) }],
    ) as CellError[],
  }
  sheet.headers.forEach((header, index) => {
    if (!sheet.columns.has(nameOf(header))) sheet.columns.set(nameOf(header), index)
  })
  if (misquoted !== undefined)
    sheet.errors.push({ row: misquoted + 1, column: null, error: fieldError('misplaced_quotes') })
  rest.forEach((cells, index) => {
    if (!isEmpty(cells)) sheet.rows.push(new Row(sheet, index + 2, cells))
  })
  return sheet
}

/** The form in which headers are compared. */
export function nameOf(header: string): string {
  return header.trim().replaceAll(/\s+/g, ' ').toLowerCase()
}

function isEmpty(cells: readonly string[]): boolean {
  return cells.every((cell) => cell.trim() === '')
}

function refused(error: FieldError): InvalidRequest {
  return new InvalidRequest({ '': [error] })
}
