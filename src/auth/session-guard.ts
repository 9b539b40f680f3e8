import { sql } from 'kysely'
import type { Guard } from '../db/client.ts'
import { refuseWhen } from '../db/refusal.ts'
import { AppError } from '../errors.ts'
import { isActive } from './sessions.ts'

/** The session that must be active for a batch to run. */
interface RequiredSession {
  session_id: number
  user_id: number
  /** The account must also be staff. */
  staff: boolean
  now: number
}

/**
 * Checks the session in every batch. D1 sends any batch with a write to the primary, so a batch of reads checks
 * with a SELECT whose row is inspected afterwards; a batch with writes is aborted.
 */
export function activeSession({ session_id, user_id, staff, now }: RequiredSession): Guard {
  const active = sql`FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE sessions.id = ${session_id} AND users.id = ${user_id} AND ${isActive(now)}`
  return ({ writes }) => {
    if (writes) {
      const check = refuseWhen(sql`NOT EXISTS (SELECT 1 ${active})`, 'token_revoked', SESSION_ENDED)
      return { before: staff ? [check, refuseUnlessStaff(user_id)] : [check] }
    }
    return {
      before: [sql`SELECT users.is_staff ${active}`],
      inspect([rows]) {
        const [account] = rows as { is_staff: number }[]
        if (!account) throw sessionEnded()
        if (staff && account.is_staff === 0) throw notStaff()
      },
    }
  }
}

function refuseUnlessStaff(user_id: number) {
  const { code, message } = notStaff()
  return refuseWhen(
    sql`NOT EXISTS (SELECT 1 FROM users WHERE id = ${user_id} AND is_staff = 1)`,
    code,
    message,
  )
}

const SESSION_ENDED = 'This session has ended. Please log in again.'

export function sessionEnded(): AppError {
  return new AppError('token_revoked', SESSION_ENDED)
}

export function notStaff(): AppError {
  return new AppError('not_staff', 'Only staff may do this.')
}
