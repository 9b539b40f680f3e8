import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import { build } from './build.ts'
import type { Db, Query } from './client.ts'
import type { Database } from './schema.ts'

/** Matches are counted up to here; a maintained counter is exact at any size. */
export const COUNTED_MATCHES = 1000

export interface Count {
  count: number
  is_lower_bound: number
}

/** What a row is sorted by, and its id, which breaks ties. */
export type Key = readonly [value: string | number, id: number]

/** Which page of a list is wanted. */
export interface PageRequest {
  size: number
  /** Rows to skip, for numbered pages. */
  offset: number
  /** The page begins after the row with this key; at the beginning of the list when undefined. */
  after?: Key | undefined
  /** The page ends before that row instead: the list is scanned against its order. */
  backward: boolean
  /** The count from the first page. */
  count?: Count | undefined
}

export interface PageRows<Row> {
  /** In the order of the scan, one more than the page holds if there is more. */
  rows: Row[]
  count: Count
}

/** Runs a page with its count, in one round trip; reuses the count from the cursor. */
export async function fetchPage<Row>(
  db: Db,
  request: PageRequest,
  page: Query<Row>,
  counting: Query<Count>,
): Promise<PageRows<Row>> {
  if (request.count) return { rows: await db.all(page), count: request.count }
  const [rows, [count]] = await db.batch([page, counting])
  return { rows: rows as Row[], count: count as Count }
}

/** A query for part of a list. Its tables are not typed. */
type Run<Row> = SelectQueryBuilder<Database, never, Row>

/** The columns of a list's order, as they are called in the table and in the result. */
export interface Sorting {
  table: keyof Database
  column: string
  descending: boolean
}

/**
 * One page of the rows of all runs together. Each run must have an index in the order of (column, id);
 * SQLite merges sorted runs as it reads them, so a page costs its own rows however many there are.
 */
export function selectPage<Row>(
  runs: Run<Row>[],
  { table, column, descending }: Sorting,
  request: PageRequest,
): SelectQueryBuilder<Database, never, Row> {
  const direction = scanDirection(request, descending)
  const merged = merge(runs.flatMap((run) => afterKey(run, table, column, request, direction)))
  const sorted = column === 'id' ? merged : merged.orderBy(sql.ref(column), direction)
  return sorted
    .orderBy(sql.ref('id'), direction)
    .limit(request.size + 1)
    .offset(request.offset)
}

/** The direction in which a list sorted `descending` is scanned for this page. */
export function scanDirection({ backward }: PageRequest, descending: boolean): 'asc' | 'desc' {
  return backward === descending ? 'asc' : 'desc'
}

/**
 * The rows of a run after the key: the same value and a later id, and later values. Two runs, because SQLite does
 * not seek a row value whose second part is the row id: it would read every row of the same value. Numbers are
 * literals, since D1 takes a hundred parameters per query.
 */
function afterKey<Row>(
  run: Run<Row>,
  table: string,
  column: string,
  { after }: PageRequest,
  direction: 'asc' | 'desc',
): Run<Row>[] {
  if (!after) return [run]
  const further = direction === 'asc' ? sql`>` : sql`<`
  const value = typeof after[0] === 'number' ? sql.lit(after[0]) : sql.val(after[0])
  const isAfterId: RawBuilder<boolean> = sql`${sql.ref(`${table}.id`)} ${further} ${sql.lit(after[1])}`
  if (column === 'id') return [run.where(isAfterId)]
  const sortedBy = sql.ref(`${table}.${column}`)
  return [
    run.where(sql<boolean>`${sortedBy} = ${value}`).where(isAfterId),
    run.where(sql<boolean>`${sortedBy} ${further} ${value}`),
  ]
}

/** D1 refuses a compound SELECT of more terms; SQLite flattens nested ones, so they are allowed. */
const MAX_TERMS = 5

/** All rows of all runs. */
export function merge<Row>(runs: Run<Row>[]): Run<Row> {
  if (runs.length <= MAX_TERMS) return runs.reduce((merged, run) => merged.unionAll(run))
  const groups = Array.from({ length: Math.ceil(runs.length / MAX_TERMS) }, (_, n) =>
    merge(runs.slice(n * MAX_TERMS, (n + 1) * MAX_TERMS)),
  )
  return merge(groups.map((group) => build.selectFrom(group.as('runs')).selectAll() as unknown as Run<Row>))
}

/** The number of rows that `matches` finds, counted no further than needed. */
export function countUpTo<Row>(matches: Run<Row>): RawBuilder<Count> {
  const found = matches.limit(sql.lit(COUNTED_MATCHES + 1))
  return sql`
    SELECT min(n, ${sql.lit(COUNTED_MATCHES)}) AS count, n > ${sql.lit(COUNTED_MATCHES)} AS is_lower_bound
    FROM (SELECT count(*) AS n FROM ${found})`
}

/** The sum of counters that triggers maintain. */
export function countFromCounters(...names: Database['counters']['name'][]) {
  return build
    .selectFrom('counters')
    .where('name', 'in', names)
    .select([sql<number>`sum(value)`.as('count'), sql.lit(0).as('is_lower_bound')])
}
