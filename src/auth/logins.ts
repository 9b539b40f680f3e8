import { sql } from 'kysely'
import type { Db } from '../db/client.ts'
import { LOGIN_MILLISECONDS } from './tokens.ts'

/** Live logins of one account; the oldest ends when one more begins. */
export const MAX_LIVE_LOGINS = 50

/**
 * When a login ends: revoked, past its thirty days, or when its newest refresh token runs out. The index
 * logins_by_end is on this very expression.
 */
export const loginEnd = sql<number>`min(ifnull(revoked_at, ends_at), ends_at, refreshed_at + 86400000)`

/** What there is to tell of a login that has ended. */
export const endedColumns = ['id', 'user_id', 'is_staff', 'refreshed_at', 'ends_at'] as const

/** The plus keeps logins_by_end out of it: it would find everybody's live logins first. */
export function isLive(now: number) {
  return sql<boolean>`+${loginEnd} > ${now}`
}

/** Begins a login, only while the account still has the password that was verified. */
export function insertLogin(
  db: Db,
  login: { user_id: number; password_version: number; user_agent: string; now: number },
) {
  const { user_id, password_version, user_agent, now } = login
  return db
    .insertInto('logins')
    .columns(['user_id', 'is_staff', 'user_agent', 'created_at', 'refreshed_at', 'ends_at'])
    .expression(
      db
        .selectFrom('users')
        .where('id', '=', user_id)
        .where('password_version', '=', password_version)
        .select(['id', 'is_staff', sql.val(user_agent).as('user_agent')])
        .select([
          sql.val(now).as('created_at'),
          sql.val(now).as('refreshed_at'),
          sql.val(now + LOGIN_MILLISECONDS).as('ends_at'),
        ]),
    )
    .returning(['id', 'user_id', 'counter', 'is_staff', 'refreshed_at', 'ends_at'])
}

/** Ends the live logins of an account beyond the newest MAX_LIVE_LOGINS. */
export function endOldestLogins(db: Db, user_id: number, now: number) {
  const beyond = db
    .selectFrom('logins')
    .where('user_id', '=', user_id)
    .where(isLive(now))
    .orderBy('id', 'desc')
    .limit(-1)
    .offset(MAX_LIVE_LOGINS)
    .select('id')
  return db.updateTable('logins').set({ revoked_at: now }).where('id', 'in', beyond).returning(endedColumns)
}

/** Ends one login of this account, if it has not ended. */
export function endLogin(db: Db, user_id: number, id: number, now: number) {
  return db
    .updateTable('logins')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .where('revoked_at', 'is', null)
    .returning(endedColumns)
}
