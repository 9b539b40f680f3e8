import type { RunSql } from '../database/run.ts'
import type { Table } from './tables.ts'

/**
 * D1's export writes a line break as \n and turns every \n back into a line break, including a backslash followed by
 * n in the data. These statements correct such texts.
 */
export async function correctionsOf(run: RunSql, tables: readonly Table[]): Promise<string[]> {
  const columns = await run(tables.map(({ name }) => `PRAGMA table_info("${name}")`))
  const searches = tables.flatMap(({ name }, index) =>
    columns[index]!.some((column) => column['name'] === 'id')
      ? columns[index]!.filter(({ type }) => type === 'TEXT').map((column) =>
          selectAmbiguous(name, String(column['name'])),
        )
      : [],
  )
  const found = (await run(searches)).flat() as { tbl: string; col: string; id: number; hex: string }[]
  return found.map(
    ({ tbl, col, id, hex }) => `UPDATE "${tbl}" SET "${col}" = CAST(X'${hex}' AS TEXT) WHERE id = ${id};`,
  )
}

function selectAmbiguous(table: string, column: string): string {
  const has = (text: string) => `instr("${column}", ${text}) > 0`
  return `SELECT '${table}' AS tbl, '${column}' AS col, id, hex("${column}") AS hex FROM "${table}"
    WHERE (${has('char(10)')} AND ${has(String.raw`'\n'`)}) OR (${has('char(13)')} AND ${has(String.raw`'\r'`)})`
}
