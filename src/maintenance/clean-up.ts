import { sql } from 'kysely'
import { deleteEntriesBefore } from '../audit-log/queries.ts'
import { KNOWN_MILLISECONDS } from '../auth/known-network.ts'
import { sessionEnd } from '../auth/sessions.ts'
import type { Db, Query } from '../db/client.ts'
import { REMEMBERED_MILLISECONDS } from '../db/idempotency.ts'

const DAY = 24 * 60 * 60 * 1000

/** How long an ended session stays in the database. */
const ENDED_SESSIONS_MILLISECONDS = DAY

/** Stripe repeats an event for three days. */
const APPLIED_EVENTS_MILLISECONDS = 30 * DAY

/** Rows per statement: D1 ends a statement that takes too long. */
const ROWS_AT_ONCE = 1000

/** Cloudflare ends a scheduled job after fifteen minutes; the next one begins after an hour. */
const BUDGET_MILLISECONDS = 5 * 60 * 1000

/** The result of a run, for its log line. */
export interface CleanUp {
  /** Rows that were deleted, by table. */
  deleted: Record<string, number>
  /** Tables in which more rows wait for the next run. */
  backlog: string[]
}

/**
 * Deletes idempotency keys after a day, sessions a day after their end, applied events of Stripe after a month,
 * networks that were not used for long, and entries of the audit log after `retain_audit_days`, until nothing is left
 * to delete or the time is used up.
 */
export async function cleanUp(
  db: Db,
  now: number,
  {
    retain_audit_days,
    budget = BUDGET_MILLISECONDS,
  }: { retain_audit_days?: number | undefined; budget?: number } = {},
): Promise<CleanUp> {
  const tasks: Record<string, readonly Query<{ deleted: number } | object>[]> = {
    idempotency_keys: [deleteKeys(now - REMEMBERED_MILLISECONDS)],
    sessions: [deleteSessions(now - ENDED_SESSIONS_MILLISECONDS)],
    stripe_events: [deleteEvents(now - APPLIED_EVENTS_MILLISECONDS)],
    known_networks: [deleteNetworks(now - KNOWN_MILLISECONDS)],
    ...(retain_audit_days && { audit_log: deleteEntriesBefore(now - retain_audit_days * DAY, ROWS_AT_ONCE) }),
  }
  const deadline = Date.now() + budget
  const deleted: Record<string, number> = {}
  let backlog = Object.keys(tasks)
  while (backlog.length > 0 && Date.now() < deadline) {
    const more: string[] = []
    for (const table of backlog) {
      const rows = (await db.batch(tasks[table]!)).flat().length
      deleted[table] = (deleted[table] ?? 0) + rows
      if (rows === ROWS_AT_ONCE) more.push(table)
    }
    backlog = more
  }
  return { deleted, backlog }
}

function deleteKeys(before: number) {
  return sql<{ deleted: number }>`
    DELETE FROM idempotency_keys WHERE (user_id, route, key) IN (
      SELECT user_id, route, key FROM idempotency_keys WHERE created_at <= ${before} LIMIT ${ROWS_AT_ONCE}
    ) RETURNING 1 AS deleted`
}

function deleteEvents(before: number) {
  return sql<{ deleted: number }>`
    DELETE FROM stripe_events WHERE id IN (
      SELECT id FROM stripe_events WHERE at <= ${before} LIMIT ${ROWS_AT_ONCE}
    ) RETURNING 1 AS deleted`
}

function deleteNetworks(before: number) {
  return sql<{ deleted: number }>`
    DELETE FROM known_networks WHERE (user_id, network) IN (
      SELECT user_id, network FROM known_networks WHERE last_at <= ${before} LIMIT ${ROWS_AT_ONCE}
    ) RETURNING 1 AS deleted`
}

function deleteSessions(before: number) {
  return sql<{ deleted: number }>`
    DELETE FROM sessions WHERE id IN (
      SELECT id FROM sessions WHERE ${sessionEnd} <= ${before} LIMIT ${ROWS_AT_ONCE}
    ) RETURNING 1 AS deleted`
}
