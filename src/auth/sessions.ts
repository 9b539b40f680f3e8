import { type RawBuilder, sql } from 'kysely'
import { build } from '../db/build.ts'
import { type Claims, counterOf, REPEAT_MILLISECONDS, SESSION_MILLISECONDS } from './tokens.ts'

/** The limit of active sessions per account; starting one more revokes the oldest. */
export const MAX_ACTIVE_SESSIONS = 50

/**
 * When a session ends: when it is revoked, after thirty days, or when its newest refresh token expires. Must
 * be the exact expression of the index `sessions_by_end`.
 */
export const SESSION_END = 'min(ifnull(revoked_at, ends_at), ends_at, refreshed_at + 86400000)'

/** The columns that `publishRevocation` needs. */
export const revokedColumns = ['id', 'user_id', 'is_staff', 'refreshed_at', 'ends_at'] as const

/** Of one account, `sessions_by_user` finds the sessions that are not revoked. */
export function isActive(now: number) {
  return sql<boolean>`(revoked_at IS NULL AND min(ends_at, refreshed_at + 86400000) > ${now})`
}

/** True for the active session whose newest refresh token this is, or was less than 10 s ago. */
export function isCurrent(claims: Claims<'refresh'>, now: number) {
  const counter = counterOf(claims)
  return sql<boolean>`(
    sessions.id = ${claims.sid} AND user_id = ${claims.user_id} AND ${isActive(now)}
    AND (counter = ${counter} OR counter = ${counter + 1} AND refreshed_at > ${now - REPEAT_MILLISECONDS}))`
}

/** Starts a session, but only if the account still has the password that was verified. */
export function insertSession(session: {
  user_id: number | RawBuilder<number>
  password_version: number
  user_agent: string
  now: number
}) {
  const { user_id, password_version, user_agent, now } = session
  return build
    .insertInto('sessions')
    .columns(['user_id', 'is_staff', 'user_agent', 'created_at', 'refreshed_at', 'ends_at'])
    .expression(
      build
        .selectFrom('users')
        .where('id', '=', user_id)
        .where('password_version', '=', password_version)
        .select(['id', 'is_staff', sql.val(user_agent).as('user_agent')])
        .select([
          sql.val(now).as('created_at'),
          sql.val(now).as('refreshed_at'),
          sql.val(now + SESSION_MILLISECONDS).as('ends_at'),
        ]),
    )
    .returning(['id', 'user_id', 'counter', 'is_staff', 'refreshed_at', 'ends_at'])
}

/** Revokes the active sessions of an account beyond the newest MAX_ACTIVE_SESSIONS. */
export function revokeOldestSessions(user_id: number, now: number) {
  const beyond = build
    .selectFrom('sessions')
    .where('user_id', '=', user_id)
    .where(isActive(now))
    .orderBy('id', 'desc')
    .limit(-1)
    .offset(MAX_ACTIVE_SESSIONS)
    .select('id')
  return build
    .updateTable('sessions')
    .set({ revoked_at: now })
    .where('id', 'in', beyond)
    .returning(revokedColumns)
}

/** Revokes one session of this account, if it is active. */
export function revokeSession(user_id: number, id: number, now: number) {
  return build
    .updateTable('sessions')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .where(isActive(now))
    .returning(revokedColumns)
}

/** Revokes all active sessions of this account except one. */
export function revokeOtherSessions(user_id: number, kept_id: number, now: number) {
  return build
    .updateTable('sessions')
    .set({ revoked_at: now })
    .where('user_id', '=', user_id)
    .where('id', '<>', kept_id)
    .where(isActive(now))
    .returning(revokedColumns)
}
