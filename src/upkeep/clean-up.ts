import { sql } from 'kysely'
import { loginEnd } from '../auth/logins.ts'
import type { Db } from '../db/client.ts'
import { REMEMBERED_MILLISECONDS } from '../db/idempotency.ts'

/** How long an ended login stays to be looked at. */
const ENDED_LOGINS_MILLISECONDS = 24 * 60 * 60 * 1000

/** D1 ends a statement that takes too long: so many rows at once, so many times a run. */
const ROWS_AT_ONCE = 1000
const ROUNDS = 50

/** Removes idempotency keys after their day and logins a day after their end; what is left over, next time. */
export async function cleanUp(db: Db, now: number): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [keys, logins] = await db.batch([
      forgetKeys(db, now - REMEMBERED_MILLISECONDS),
      removeLogins(db, now - ENDED_LOGINS_MILLISECONDS),
    ])
    if (keys.length < ROWS_AT_ONCE && logins.length < ROWS_AT_ONCE) return
  }
}

function forgetKeys(db: Db, before: number) {
  return sql<{ gone: number }>`
    DELETE FROM idempotency_keys WHERE (user_id, route, key) IN (
      SELECT user_id, route, key FROM idempotency_keys WHERE created_at <= ${before} LIMIT ${ROWS_AT_ONCE}
    ) RETURNING 1 AS gone`.compile(db)
}

function removeLogins(db: Db, before: number) {
  return sql<{ gone: number }>`
    DELETE FROM logins WHERE id IN (SELECT id FROM logins WHERE ${loginEnd} <= ${before} LIMIT ${ROWS_AT_ONCE})
    RETURNING 1 AS gone`.compile(db)
}
