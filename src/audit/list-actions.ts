import { sql } from 'kysely'
import type { Db } from '../db/client.ts'
import { type Count, fetchPage, type Position, selectPage } from '../db/keyset.ts'

/** What staff did, newest first. */
export function listActions(db: Db, position: Position) {
  const all = db
    .selectFrom('staff_actions')
    .leftJoin('users', 'users.id', 'actor_id')
    .select(['staff_actions.id as id', 'email', 'method', 'path', 'body', 'at'])
  const page = selectPage(db, [all], { table: 'staff_actions', column: 'id', descending: true }, position)
  // Nothing ever leaves this table, and what was rolled back took no id: the last id is the count.
  const count = sql<Count>`SELECT coalesce(max(id), 0) AS count, 0 AS is_lower_bound FROM staff_actions`
  return fetchPage(db, position, page, count.compile(db))
}
