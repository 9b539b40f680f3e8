import { sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { type Count, fetchPage, type PageRequest, selectPage } from '../db/keyset.ts'

/** What staff did, newest first. */
export function listEntries(db: Db, request: PageRequest) {
  const all = build
    .selectFrom('audit_log')
    .leftJoin('users', 'users.id', 'actor_id')
    .select(['audit_log.id as id', 'email', 'method', 'path', 'body', 'at'])
  const page = selectPage([all], { table: 'audit_log', column: 'id', descending: true }, request)
  // Nothing ever leaves this table, and what was rolled back took no id: the last id is the count.
  const count = sql<Count>`SELECT coalesce(max(id), 0) AS count, 0 AS is_lower_bound FROM audit_log`
  return fetchPage(db, request, page, count)
}

/** What the schema allows; the log is no place to store things. */
const MAX_BODY_CHARACTERS = 4096

export function insertEntry(entry: {
  actor_id: number
  method: string
  path: string
  body: string
  at: number
}) {
  const body = entry.body === '' ? null : entry.body.slice(0, MAX_BODY_CHARACTERS)
  return build.insertInto('audit_log').values({ ...entry, body })
}
