import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { refuseWhen } from '../db/refusal.ts'
import type { TokenPurpose } from '../db/schema.ts'
import { type FieldErrors, InvalidRequest } from '../errors.ts'
import { fieldError } from '../field-errors.ts'
import { hashOf, RESTORE_TOKEN_MILLISECONDS } from '../mail/token.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

export const LIFE_MILLISECONDS: Record<TokenPurpose, number> = {
  reset_password: 30 * MINUTE,
  confirm_email: 24 * HOUR,
  restore_email: RESTORE_TOKEN_MILLISECONDS,
}

/** Of an account and a purpose; more are not made until the oldest has expired, or is an hour old. */
const MAX_RECENT_TOKENS = 5

/**
 * SQL that is true if the account `users.id` has been sent so many mails that it gets no more for now. Its owner has
 * them: the links in those to reset the password are all valid, so a stranger who asks for them locks nobody out.
 */
export function hasEnough(purpose: TokenPurpose, now: number): RawBuilder<SqlBool> {
  const life = LIFE_MILLISECONDS[purpose]
  return sql`(
    SELECT count(*) FROM one_time_tokens
    WHERE user_id = users.id AND purpose = ${purpose} AND expires_at > ${now + Math.max(0, life - HOUR)}
  ) >= ${sql.lit(MAX_RECENT_TOKENS)}`
}

/** What a token that can still be used is for. */
export interface TokenRow {
  user_id: number
  /** The address that the account gets by this token; of `reset_password` the one it has. */
  email: string
  email_key: string
}

export function selectToken(token: string, purpose: TokenPurpose, now: number) {
  return sql<TokenRow>`SELECT user_id, email, email_key ${validToken(token, purpose, now)}`
}

/** Aborts the batch if the token has been used, also at the same moment. */
export function refuseUnlessValid(token: string, purpose: TokenPurpose, now: number) {
  const { code, message, extra } = invalidToken()
  const missing = sql<SqlBool>`NOT EXISTS (SELECT 1 ${validToken(token, purpose, now)})`
  return refuseWhen(missing, code, message, sql`${JSON.stringify(extra)}`)
}

function validToken(token: string, purpose: TokenPurpose, now: number) {
  return sql`
    FROM one_time_tokens
    WHERE hash = ${hashOf(token)} AND purpose = ${purpose} AND expires_at > ${now}`
}

export function invalidToken(others: FieldErrors = {}): InvalidRequest {
  return new InvalidRequest({ token: [fieldError('not_valid_token')], ...others })
}
