import type { Run } from '../accounts.ts'
import type { Table } from './shop-database.ts'

/**
 * What D1's export writes otherwise than it is in the database. It writes a line break as \n and has SQLite
 * turn every \n into a line break, also one that was a backslash and an n before. And it writes a row as one
 * statement, however long, where D1 takes statements of at most 100 KB.
 */

export const MOST_STATEMENT_BYTES = 100_000
/** Of text in one statement; two digits a byte. */
const PIECE_BYTES = 40_000
/** Text that waits for a statement of its own; no constraint looks at so long a one. */
const LONG_TEXT_BYTES = 1000

/** Statements that put right what the export writes wrongly. */
export async function correctionsOf(run: Run, tables: readonly Table[]): Promise<string[]> {
  const columns = await run(tables.map(({ name }) => `PRAGMA table_info("${name}")`))
  const searches = tables.flatMap(({ name, hasSequence }, index) =>
    hasSequence
      ? columns[index]!.filter(({ type }) => type === 'TEXT').map((column) =>
          wronglyWritten(name, String(column['name'])),
        )
      : [],
  )
  const found = (await run(searches)).flat() as { tbl: string; col: string; id: number; hex: string }[]
  return found.flatMap(({ tbl, col, id, hex }) => [
    `UPDATE "${tbl}" SET "${col}" = '' WHERE id = ${id};`,
    ...appending(tbl, col, id, hex),
  ])
}

function wronglyWritten(table: string, column: string): string {
  const has = (text: string) => `instr("${column}", ${text}) > 0`
  return `SELECT '${table}' AS tbl, '${column}' AS col, id, hex("${column}") AS hex FROM "${table}"
    WHERE (${has('char(10)')} AND ${has(String.raw`'\n'`)}) OR (${has('char(13)')} AND ${has(String.raw`'\r'`)})`
}

/** A row whose statement in the export is too long, as several. */
export async function rowInPieces(run: Run, statement: string): Promise<string[]> {
  const [, table, id] = /^INSERT INTO "(\w+)" \("id",.*?\) VALUES\((\d+),/.exec(statement) ?? []
  if (table === undefined) throw new Error(`A row is too long for D1: ${statement.slice(0, 200)} ...`)
  const [columns] = await run([`PRAGMA table_info("${table}")`])
  const names = columns!.map(({ name }) => String(name))
  const cells = names.map((name) => `iif(typeof("${name}") = 'text', hex("${name}"), "${name}") AS "${name}"`)
  const types = names.map((name) => `typeof("${name}") AS "${name}"`)
  const [[row], [type]] = (await run([
    `SELECT ${cells.join(', ')} FROM "${table}" WHERE id = ${id}`,
    `SELECT ${types.join(', ')} FROM "${table}" WHERE id = ${id}`,
  ])) as [[Record<string, string | number | null>], [Record<string, string>]]
  const isLong = (name: string) => type[name] === 'text' && String(row[name]).length > 2 * LONG_TEXT_BYTES
  const literals = names.map((name) => {
    if (isLong(name)) return "''"
    return type[name] === 'text' ? `CAST(X'${row[name]}' AS TEXT)` : String(row[name] ?? 'NULL')
  })
  return [
    `INSERT INTO "${table}" (${names.map((name) => `"${name}"`).join(',')}) VALUES(${literals.join(',')});`,
    ...names.filter(isLong).flatMap((name) => appending(table, name, Number(id), String(row[name]))),
  ]
}

function appending(table: string, column: string, id: number, hex: string): string[] {
  const count = Math.ceil(hex.length / (2 * PIECE_BYTES))
  return Array.from({ length: count }, (_, n) => {
    const piece = hex.slice(n * 2 * PIECE_BYTES, (n + 1) * 2 * PIECE_BYTES)
    return `UPDATE "${table}" SET "${column}" = "${column}" || CAST(X'${piece}' AS TEXT) WHERE id = ${id};`
  })
}
