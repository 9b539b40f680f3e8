import { type RawBuilder, sql } from 'kysely'
import { AppError } from '../errors.ts'
import type { Db } from './client.ts'
import { violates } from './refusal.ts'

const REMEMBERED_MILLISECONDS = 24 * 60 * 60 * 1000

/** A key, in its scope: the account and what is done. */
export interface IdempotencyClaim {
  user_id: number
  route: string
  key: string
  body_hash: string
  now: number
}

/**
 * Takes the key, in the batch of the effect and before it. If it is taken, by an earlier request or a
 * simultaneous one, the primary key undoes the batch and `isRepeat` tells. After any other refusal it
 * is free again.
 */
export function takeKey(db: Db, { user_id, route, key, body_hash, now }: IdempotencyClaim) {
  return [
    db
      .deleteFrom('idempotency_keys')
      .where('user_id', '=', user_id)
      .where('route', '=', route)
      .where('key', '=', key)
      .where('created_at', '<=', now - REMEMBERED_MILLISECONDS),
    db.insertInto('idempotency_keys').values({ user_id, route, key, body_hash, created_at: now }),
  ]
}

/** Remembers what the effect made, at the end of the batch. */
export function rememberResult(
  db: Db,
  { user_id, route, key }: IdempotencyClaim,
  resource_id: RawBuilder<number>,
) {
  return db
    .updateTable('idempotency_keys')
    .set({ resource_id })
    .where('user_id', '=', user_id)
    .where('route', '=', route)
    .where('key', '=', key)
}

export function isRepeat(error: unknown): boolean {
  return violates(error, 'idempotency_keys.user_id')
}

/** The id of what the first request made, as SQL. */
export function resultOf({ user_id, route, key }: IdempotencyClaim): RawBuilder<number> {
  return sql`(SELECT resource_id FROM idempotency_keys WHERE user_id = ${user_id} AND route = ${route} AND key = ${key})`
}

export function selectBodyHash(db: Db, { user_id, route, key }: IdempotencyClaim) {
  return db
    .selectFrom('idempotency_keys')
    .where('user_id', '=', user_id)
    .where('route', '=', route)
    .where('key', '=', key)
    .select('body_hash')
}

/** Refuses a key that came with another body before. */
export function requireSameBody(
  { body_hash }: IdempotencyClaim,
  first: { body_hash: string } | undefined,
): void {
  if (first?.body_hash !== body_hash) {
    throw new AppError('idempotency_key_reused', 'This Idempotency-Key was used with another body before.')
  }
}
