import { sql } from 'kysely'
import { actorEmail } from '../db/actor.ts'
import { build } from '../db/build.ts'
import type { Db, Query } from '../db/client.ts'
import { type Count, fetchPage, type PageRequest, selectPage } from '../db/keyset.ts'

/** The entries, newest first. */
export function listEntries(db: Db, request: PageRequest) {
  const all = build
    .selectFrom('audit_log')
    .leftJoin('users', 'users.id', 'actor_id')
    .select(['audit_log.id as id', actorEmail, 'method', 'path', 'body', 'at'])
  const page = selectPage([all], { table: 'audit_log', column: 'id', descending: true }, request)
  // Only the oldest entries are deleted, and a rollback uses no id, so that ids have no gaps. Simultaneous requests may
  // get ids in another order than their times: among the oldest entries the count may then be too high until the next
  // job.
  const count = sql<Count>`
    SELECT ifnull((SELECT max(id) FROM audit_log) - (SELECT min(id) FROM audit_log) + 1, 0) AS count, 0 AS is_lower_bound`
  return fetchPage(db, request, page, count)
}

/** Must match migration 0007. Bounded, so that the audit log cannot be used as storage. */
export const MAX_PATH_CHARACTERS = 200
const MAX_BODY_CHARACTERS = 4096

interface Entry {
  actor_id: number
  method: string
  path: string
  body: string | null
  at: number
}

/** Inserts an entry, unless the previous write in the batch changed no row. */
export function insertEntryIfChanged({ actor_id, method, path, body, at }: Entry) {
  return sql<never>`
    INSERT INTO audit_log (actor_id, method, path, body, at)
    SELECT ${actor_id}, ${method}, ${path.slice(0, MAX_PATH_CHARACTERS)},
      ${body && body.slice(0, MAX_BODY_CHARACTERS)}, ${at}
    WHERE changes() > 0`
}

/**
 * Permits this statement to delete entries that were made before a time. The trigger audit_log_goes_after_retention
 * allows deletions only in this batch.
 */
export function permitDeletion(statement: Query<object>, before: number): Query<object>[] {
  return [
    build.insertInto('audit_log_retention').values({ deleting_before: before }),
    statement,
    build.deleteFrom('audit_log_retention'),
  ]
}
