import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql, type SqlBool } from 'kysely'
import type { Db, Query } from './client.ts'
import type { Database } from './schema.ts'

/** Matches are counted up to here; a kept counter is exact at any size. */
export const COUNTED_MATCHES = 1000

export interface Count {
  count: number
  is_lower_bound: number
}

/** The values a row is sorted by, ending with its id. */
export type Key = readonly (string | number)[]

/** Which page of a list is wanted. */
export interface Position {
  size: number
  /** Rows to skip, for numbered pages. */
  offset: number
  /** The page begins past the row with this key; at the beginning of the list when undefined. */
  past?: Key | undefined
  /** The page ends there instead: the list is walked against its order. */
  backward: boolean
  /** As counted for the first page. */
  count?: Count | undefined
}

export interface Rows<Row> {
  /** In walking order, one more than the page holds if there is more. */
  rows: Row[]
  count: Count
}

/** Runs a page with its count, in one trip; a count that the cursor carries is not made again. */
export async function fetchPage<Row>(
  db: Db,
  position: Position,
  page: Query<Row>,
  counting: Query<Count>,
): Promise<Rows<Row>> {
  if (position.count) {
    const [rows] = await db.batch([page])
    return { rows: rows as Row[], count: position.count }
  }
  const [rows, [count]] = await db.batch([page, counting])
  return { rows: rows as Row[], count: count as Count }
}

/** The direction in which a list sorted `descending` is walked from `position`. */
export function walks(position: Position, descending: boolean): 'asc' | 'desc' {
  return position.backward === descending ? 'asc' : 'desc'
}

/**
 * The rows past the position, as a row-value comparison that an index on the columns can seek.
 * `columns` end in the id, like the key.
 */
export function isPast(
  columns: readonly string[],
  { past }: Position,
  direction: 'asc' | 'desc',
): RawBuilder<SqlBool> {
  if (!past) return sql`1`
  const names = sql.join(columns.map((column) => sql.ref(column)))
  return sql`(${names}) ${direction === 'asc' ? sql`>` : sql`<`} (${sql.join([...past])})`
}

/** The number of rows that `matches` finds, counted no further than needed. */
export function countUpTo<Row>(
  db: Kysely<Database>,
  matches: SelectQueryBuilder<Database, never, Row>,
): Query<Count> {
  const found = matches.limit(sql.lit(COUNTED_MATCHES + 1))
  return sql<Count>`SELECT min(n, ${sql.lit(COUNTED_MATCHES)}) AS count, n > ${sql.lit(COUNTED_MATCHES)} AS is_lower_bound
    FROM (SELECT count(*) AS n FROM ${found})`.compile(db)
}

/** A counter that triggers keep. */
export function keptCount(db: Kysely<Database>, name: Database['counters']['name']): Query<Count> {
  return db
    .selectFrom('counters')
    .where('name', '=', name)
    .select(['value as count', sql.lit(0).as('is_lower_bound')])
}
