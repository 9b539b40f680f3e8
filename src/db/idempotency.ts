import { type Kysely, type RawBuilder, sql } from 'kysely'
import { AppError } from '../errors.ts'
import type { Database } from './schema.ts'
import type { Statement } from './session.ts'

/** How long a key is remembered. */
export const REMEMBERED_MILLISECONDS = 24 * 60 * 60 * 1000

/** A request that is to have one effect, however often it is sent. */
export interface Claim {
  /** Its scope: whose it is, 0 for nobody's, and what is done to what. */
  user_id: number
  route: string
  key: string
  /** Of the body's bytes, so that no depth or size of JSON matters: a repeat sends the same bytes. */
  body_hash: string
  /** The id of what the batch makes, as it can be found at its end. */
  made: RawBuilder<number>
  /** The HTTP status of the first answer. */
  status: RawBuilder<number> | number
  now: number
}

/** Instead of a second effect: the key was taken before, perhaps at the same moment. */
export class RepeatedRequest extends AppError {
  constructor() {
    super('idempotency_key_reused', 'This Idempotency-Key was used before.')
  }
}

/**
 * What goes around the statements of an effect, in their batch. Before: the key is taken; where it is
 * taken already its primary key undoes everything. After: what was made is remembered with it. A
 * refusal in between leaves the key free.
 */
export function aroundEffect(
  db: Kysely<Database>,
  claim: Claim,
): { before: Statement[]; after: Statement[] } {
  const { user_id, route, key, body_hash, made, status, now } = claim
  return {
    before: [
      db
        .deleteFrom('idempotency_keys')
        .where('user_id', '=', user_id)
        .where('route', '=', route)
        .where('key', '=', key)
        .where('created_at', '<=', now - REMEMBERED_MILLISECONDS)
        .compile(),
      db.insertInto('idempotency_keys').values({ user_id, route, key, body_hash, created_at: now }).compile(),
    ],
    after: [
      sql`UPDATE idempotency_keys SET resource_id = ${made}, status = ${status}
        WHERE user_id = ${user_id} AND route = ${route} AND key = ${key}`.compile(db),
    ],
  }
}

/** What the first request with this key left behind. */
export async function findFirst(db: Kysely<Database>, { user_id, route, key }: Claim) {
  return db
    .selectFrom('idempotency_keys')
    .where('user_id', '=', user_id)
    .where('route', '=', route)
    .where('key', '=', key)
    .select(['body_hash', 'resource_id', 'status'])
    .executeTakeFirst()
}
