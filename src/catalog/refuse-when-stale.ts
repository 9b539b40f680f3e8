import { type RawBuilder, sql } from 'kysely'
import { refuseWhen } from '../db/refusal.ts'
import type { Expected } from '../http/conditional.ts'

/** Refuses an edit of a row whose version no longer matches `If-Match` (RFC 9110, section 13.1.1). */
export function refuseWhenStale(
  table: 'products' | 'categories' | 'delivery_options',
  id: number,
  expected: Expected,
  { comparing }: { comparing: 'version' | 'version and stock' },
) {
  if (expected === 'any') return []
  const tag: RawBuilder<string> =
    comparing === 'version' ? sql`CAST(version AS TEXT)` : sql`version || '-' || stock_version`
  const allowed = comparing === 'version' ? expected.map((each) => each.split('-')[0]) : expected
  const isStale = sql<boolean>`EXISTS (
    SELECT 1 FROM ${sql.table(table)}
    WHERE id = ${id} AND ${tag} NOT IN (SELECT value FROM json_each(${JSON.stringify(allowed)})))`
  return [
    refuseWhen(
      isStale,
      'precondition_failed',
      'Someone else has changed this since you read it. Read it again.',
    ),
  ]
}
