/** Of a file that can be read: more rows or columns than this are left out. */
export interface Bounds {
  max_rows: number
  max_columns: number
}

export interface Parsed {
  rows: string[][]
  /** The row, from 0, with the first quotation mark that is out of place or never closed. Reading ends there. */
  misquoted?: number
  /** The text beyond the bound of rows. */
  rest?: string
}

const DELIMITERS = [',', ';', '\t'] as const

/**
 * Reads comma-separated values (RFC 4180), also with semicolons or tabs. Lines end with \n, \r\n or \r. Stops beyond
 * the bounds, so that the memory it takes depends on them and on the length of the text alone.
 */
export function parseCsv(text: string, { max_rows, max_columns }: Bounds): Parsed {
  const delimiter = delimiterOf(text)
  const plainEnd = new RegExp(`[${delimiter}\r\n]`, 'g')
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (rows.length < max_rows && at < text.length) {
    let cell: string
    if (text[at] === '"') {
      const end = closingQuote(text, at)
      cell = text.slice(at + 1, end).replaceAll('""', '"')
      at = end + 1
      while (text[at] === ' ') at += 1
      if (end === -1 || !(at >= text.length || delimiter === text[at] || isLineEnd(text[at])))
        return { rows, misquoted: rows.length }
    } else {
      plainEnd.lastIndex = at
      const end = plainEnd.exec(text)?.index ?? text.length
      cell = text.slice(at, end)
      at = end
    }
    if (row.length < max_columns) row.push(cell)
    if (text[at] === delimiter) {
      at += 1
      if (at < text.length) continue
      if (row.length < max_columns) row.push('')
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at += 1
    at += 1
    rows.push(row)
    row = []
  }
  return at < text.length ? { rows, rest: text.slice(at) } : { rows }
}

/** The index of the quotation mark that closes a cell; -1 if there is none. Two in a row are one of the text. */
function closingQuote(text: string, opening: number): number {
  let at = text.indexOf('"', opening + 1)
  while (at !== -1 && text[at + 1] === '"') at = text.indexOf('"', at + 2)
  return at
}

function isLineEnd(character: string | undefined): boolean {
  return character === '\n' || character === '\r'
}

/** The delimiter that the first line has most of, outside quotation marks. */
function delimiterOf(text: string): string {
  const [line = ''] = /^[^\r\n]*/.exec(text.slice(0, 10_000).replaceAll(/"[^"]*"/g, '')) ?? []
  const countOf = (delimiter: string) => line.split(delimiter).length
  return DELIMITERS.toSorted((one, other) => countOf(other) - countOf(one))[0]!
}

/**
 * What a spreadsheet program would run as a formula, also behind the apostrophes of earlier exports: at the beginning,
 * or where the program divides the cell. One whose delimiter is a semicolon or a tab does so there and at line breaks.
 */
const FORMULA = /(?<=^|[;\t\r\n])(?=["']*[=+\-@\t\r])/g
const ESCAPED = /(?<=^|[;\t\r\n])'(?=["']*[=+\-@\t\r])/g

/** Puts an apostrophe before what a spreadsheet program would run as a formula. `unescaped` takes it away. */
export function escaped(text: string): string {
  return text.replaceAll(FORMULA, "'")
}

export function unescaped(text: string): string {
  return text.replaceAll(ESCAPED, '')
}

/** One line of comma-separated values, with its end. Null is an empty cell. */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(toCell).join(',')}\r\n`
}

function toCell(value: string | number | null): string {
  const text = typeof value === 'string' ? escaped(value) : String(value ?? '')
  return /[",;\r\n\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
