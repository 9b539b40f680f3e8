import { sql } from 'kysely'
import { permitDeletion } from '../audit-log/queries.ts'
import type { Db, Query } from '../db/client.ts'
import {
  entriesKeptSince,
  EXPIRING_TABLES,
  type ExpiringTable,
  keyOf,
  overdueSql,
  type Retention,
} from '../integrity/overdue.ts'

/** Rows per statement: D1 ends a statement that takes too long. */
const ROWS_AT_ONCE = 1000

/** Statements per run: each is a call of D1, of a thousand calls in a run (index.ts). */
const MAX_STATEMENTS = 300

/** Rows that are counted of those that wait. */
const COUNTED_ROWS = 10_000

/** Cloudflare ends a scheduled job after fifteen minutes; the next one begins after an hour. */
const BUDGET_MILLISECONDS = 5 * 60 * 1000

/** The result of a run, for its log line. */
export interface CleanUp {
  /** Rows that were deleted, by table. */
  deleted: Partial<Record<ExpiringTable, number>>
  /** Rows that wait for the next run, by table, counted up to COUNTED_ROWS. */
  backlog: Partial<Record<ExpiringTable, number>>
}

/** Deletes all overdue rows, or as many as it can with MAX_STATEMENTS and until the time is used up. */
export async function cleanUp(
  db: Db,
  retention: Retention,
  { budget_milliseconds = BUDGET_MILLISECONDS }: { budget_milliseconds?: number } = {},
): Promise<CleanUp> {
  const deadline = Date.now() + budget_milliseconds
  const deleted: CleanUp['deleted'] = {}
  let pending = EXPIRING_TABLES
  let statements = 0
  while (pending.length > 0 && statements < MAX_STATEMENTS && Date.now() < deadline) {
    statements += pending.length
    const more: ExpiringTable[] = []
    for (const table of pending) {
      const rows = (await db.batch(deleteOverdue(table, retention))).flat().length
      deleted[table] = (deleted[table] ?? 0) + rows
      if (rows === ROWS_AT_ONCE) more.push(table)
    }
    pending = more
  }
  return { deleted, backlog: await countOverdue(db, pending, retention) }
}

function deleteOverdue(table: ExpiringTable, retention: Retention): Query<object>[] {
  const statement = sql<object>`
    DELETE FROM ${sql.table(table)} WHERE (${sql.raw(keyOf(table))}) IN (
      ${sql.raw(overdueSql(table, retention, ROWS_AT_ONCE))}
    ) RETURNING 1 AS deleted`
  const before = entriesKeptSince(retention)
  return table === 'audit_log' && before !== null ? permitDeletion(statement, before) : [statement]
}

async function countOverdue(
  db: Db,
  tables: readonly ExpiringTable[],
  retention: Retention,
): Promise<CleanUp['backlog']> {
  if (tables.length === 0) return {}
  const counts = await db.batch(
    tables.map((table) => {
      const overdue = sql.raw(overdueSql(table, retention, COUNTED_ROWS))
      return sql<{ rows: number }>`SELECT count(*) AS rows FROM (${overdue})`
    }),
  )
  return Object.fromEntries(tables.map((table, index) => [table, counts[index]![0]!.rows]))
}
