import { sql } from 'kysely'
import { sessionEnd } from '../auth/sessions.ts'
import type { Db } from '../db/client.ts'
import { REMEMBERED_MILLISECONDS } from '../db/idempotency.ts'

/** How long an ended session stays in the database. */
const ENDED_SESSIONS_MILLISECONDS = 24 * 60 * 60 * 1000

/** D1 ends a statement that takes too long: so many rows at once, so many times a run. */
const ROWS_AT_ONCE = 1000
const ROUNDS = 50

/** Deletes idempotency keys after a day and sessions a day after their end; the next run takes what is left. */
export async function cleanUp(db: Db, now: number): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [keys, sessions] = await db.batch([
      deleteKeys(now - REMEMBERED_MILLISECONDS),
      deleteSessions(now - ENDED_SESSIONS_MILLISECONDS),
    ])
    if (keys.length < ROWS_AT_ONCE && sessions.length < ROWS_AT_ONCE) return
  }
}

function deleteKeys(before: number) {
  return sql<{ deleted: number }>`
    DELETE FROM idempotency_keys WHERE (user_id, route, key) IN (
      SELECT user_id, route, key FROM idempotency_keys WHERE created_at <= ${before} LIMIT ${ROWS_AT_ONCE}
    ) RETURNING 1 AS deleted`
}

function deleteSessions(before: number) {
  return sql<{ deleted: number }>`
    DELETE FROM sessions WHERE id IN (
      SELECT id FROM sessions WHERE ${sessionEnd} <= ${before} LIMIT ${ROWS_AT_ONCE}
    ) RETURNING 1 AS deleted`
}
