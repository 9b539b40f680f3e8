import { type RawBuilder, sql } from 'kysely'
import { AppError } from '../errors.ts'
import { build } from './build.ts'
import type { Guard } from './client.ts'
import { violates } from './refusal.ts'

/** How long a key is stored. */
export const REMEMBERED_MILLISECONDS = 24 * 60 * 60 * 1000

/** A request that takes effect once, however often it is sent. */
export interface IdempotentRequest {
  /** The scope of the key: its account, or 0 without one, and the action with its target. */
  user_id: number
  route: string
  key: string
  /** HMAC of the body's bytes, not of the parsed JSON: a retry sends the same bytes. */
  body_hash: string
  /** SQL for the id of the resource, evaluated at the end of the batch. */
  resource: RawBuilder<number>
  /** The HTTP status of the first response. */
  status: RawBuilder<number> | number
  now: number
}

/** Thrown instead of a second effect: another request has used the key, perhaps at the same moment. */
export class RepeatedRequest extends AppError {
  constructor() {
    super('idempotency_key_reused', 'This Idempotency-Key was used before.')
  }
}

/**
 * Inserts the key before the effect; if it is already there, the primary key aborts the batch. After the effect,
 * stores its resource with the key. An error in between leaves the key unused.
 */
export function idempotently(request: IdempotentRequest): Guard {
  const { body_hash, resource, status, now } = request
  const { user_id, route, key } = request
  const deleteExpired = build
    .deleteFrom('idempotency_keys')
    .where(hasKey(request))
    .where('created_at', '<=', now - REMEMBERED_MILLISECONDS)
  const insertKey = build
    .insertInto('idempotency_keys')
    .values({ user_id, route, key, body_hash, created_at: now })
  const storeOutcome = sql`UPDATE idempotency_keys SET resource_id = ${resource}, status = ${status} WHERE ${hasKey(request)}`
  return ({ writes }) =>
    writes
      ? {
          before: [deleteExpired, insertKey],
          after: [storeOutcome],
          translate: (error) =>
            violates(error, 'idempotency_keys.user_id') ? new RepeatedRequest() : undefined,
        }
      : {}
}

/** The stored outcome of the first request with this key. */
export function selectFirst(request: IdempotentRequest) {
  return build
    .selectFrom('idempotency_keys')
    .where(hasKey(request))
    .select(['body_hash', 'resource_id', 'status'])
}

function hasKey({ user_id, route, key }: IdempotentRequest) {
  return sql<boolean>`(user_id = ${user_id} AND route = ${route} AND key = ${key})`
}
