import type { Run } from '../accounts.ts'
import { runOn, withDatabase } from '../local.ts'
import { runRemotely } from '../remote.ts'

/** The database of a shop as backup and restore see it: tables of rows, whatever is in them. */

/** Runs statements on the shop that a command is meant for, see `remoteEnvironment`. */
export function runOnShop(environment: string | undefined): Run {
  return environment === undefined
    ? (statements) => withDatabase((db) => runOn(db)(statements))
    : (statements) => runRemotely(environment, statements)
}

/** For wrangler d1: which database. */
export function databaseOf(environment: string | undefined): string[] {
  return ['DB', environment === undefined ? '--local' : '--remote']
}

/** In no backup: which were ended since nobody would know, and a login that was ended must not come back. */
export const SESSIONS = 'sessions'

export interface Table {
  name: string
  /** Whether its ids are never given away twice. */
  hasSequence: boolean
}

export interface Schema {
  /** With rows of the shop; parents come before children. */
  tables: Table[]
  /** Those whose effects are in the rows already, as SQL. Without what keeps a search index, which is in no backup. */
  triggers: { name: string; sql: string }[]
}

export async function readSchema(run: Run): Promise<Schema> {
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

/** Its own books, and the list of migrations, which applying them makes. */
function isOfD1(table: string): boolean {
  return table === 'd1_migrations' || table.startsWith('_cf_')
}
