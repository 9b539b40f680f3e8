import { type RawBuilder, sql } from 'kysely'
import { AppError } from '../errors.ts'
import { build } from './build.ts'
import type { Guard } from './client.ts'
import { violates } from './refusal.ts'

/** How long a key is remembered. */
export const REMEMBERED_MILLISECONDS = 24 * 60 * 60 * 1000

/** A request that is to have one effect, however often it is sent. */
export interface IdempotentRequest {
  /** Its scope: whose it is, 0 for nobody's, and what is done to what. */
  user_id: number
  route: string
  key: string
  /** Of the body's bytes, so that no depth or size of JSON matters: a repeat sends the same bytes. */
  body_hash: string
  /** The id of what the batch makes, as it can be found at its end. */
  resource: RawBuilder<number>
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
 * Before an effect the key is taken; where it is taken already its primary key undoes everything. After
 * the effect its resource is remembered with the key. A refusal in between leaves the key free.
 */
export function idempotently(request: IdempotentRequest): Guard {
  const { body_hash, resource, status, now } = request
  const { user_id, route, key } = request
  const forgetOld = build
    .deleteFrom('idempotency_keys')
    .where(isOf(request))
    .where('created_at', '<=', now - REMEMBERED_MILLISECONDS)
  const take = build
    .insertInto('idempotency_keys')
    .values({ user_id, route, key, body_hash, created_at: now })
  const remember = sql`UPDATE idempotency_keys SET resource_id = ${resource}, status = ${status} WHERE ${isOf(request)}`
  return ({ writes }) =>
    writes
      ? {
          before: [forgetOld, take],
          after: [remember],
          translate: (error) =>
            violates(error, 'idempotency_keys.user_id') ? new RepeatedRequest() : undefined,
        }
      : {}
}

/** What the first request with this key left behind. */
export function selectFirst(request: IdempotentRequest) {
  return build
    .selectFrom('idempotency_keys')
    .where(isOf(request))
    .select(['body_hash', 'resource_id', 'status'])
}

function isOf({ user_id, route, key }: IdempotentRequest) {
  return sql<boolean>`(user_id = ${user_id} AND route = ${route} AND key = ${key})`
}
