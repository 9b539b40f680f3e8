import type { RunSql } from '../database/run.ts'

/** The database of a shop as backup and restore see it: tables of rows, whatever they hold. */

/** Never in a backup, because a restore must not revive a session or a token that ended after the backup. */
export const NOT_IN_BACKUP = ['sessions', 'one_time_tokens']

export interface Table {
  name: string
  /** Whether the table never reuses an id. */
  hasSequence: boolean
}

export interface Schema {
  /** The shop's own tables, parents before children. */
  tables: Table[]
  /**
   * Triggers to disable during a restore, because the rows already contain their effects. Excludes those of the
   * search index, which rebuild it.
   */
  triggers: { name: string; sql: string }[]
}

export async function readSchema(run: RunSql): Promise<Schema> {
  const [types, entries] = (await run([
    'PRAGMA table_list',
    `SELECT type, name, sql FROM sqlite_schema WHERE type IN ('table', 'trigger') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid`,
  ])) as [{ name: string; type: string }[], { type: string; name: string; sql: string }[]]
  const named = (type: string) => types.filter((each) => each.type === type).map(({ name }) => name)
  const [ordinary, virtual] = [new Set(named('table')), named('virtual')]
  return {
    tables: entries
      .filter(({ type, name }) => type === 'table' && ordinary.has(name) && !isOfD1(name))
      .map(({ name, sql }) => ({ name, hasSequence: /\bAUTOINCREMENT\b/i.test(sql) })),
    triggers: entries.filter(
      ({ type, sql }) => type === 'trigger' && !virtual.some((name) => sql.includes(name)),
    ),
  }
}

export async function countRows(run: RunSql, tables: readonly Table[]): Promise<Record<string, number>> {
  const counts = await run(tables.map(({ name }) => `SELECT count(*) AS count FROM "${name}"`))
  return Object.fromEntries(tables.map(({ name }, index) => [name, Number(counts[index]![0]!['count'])]))
}

/** D1's own tables, and the list of migrations, which applying them writes. */
function isOfD1(table: string): boolean {
  return table === 'd1_migrations' || table.startsWith('_cf_')
}
