import { isLive } from '../auth/logins.ts'
import type { Claims } from '../auth/tokens.ts'
import type { Db } from '../db/client.ts'
import { type Count, fetchPage, type Position, selectPage } from '../db/keyset.ts'
import { sql } from 'kysely'

const profile = ['id', 'email', 'name', 'address', 'phone'] as const

type Owner = Pick<Claims<'access'>, 'user_id'>

export async function findProfile(db: Db, { user_id }: Owner) {
  return db.selectFrom('users').where('id', '=', user_id).select(profile).executeTakeFirstOrThrow()
}

/** Changes what is given and leaves what is undefined. */
export async function updateProfile(
  db: Db,
  { user_id }: Owner,
  change: { name?: string | undefined; phone?: string | undefined; address?: string | null | undefined },
) {
  const nothing = Object.values(change).every((value) => value === undefined)
  if (nothing) return findProfile(db, { user_id })
  const [[updated]] = await db.batch([
    db.updateTable('users').set(change).where('id', '=', user_id).returning(profile),
  ])
  return updated!
}

/** A customer's own live logins, newest first. */
export async function listSessions(db: Db, { user_id }: Owner, now: number, position: Position) {
  const own = db.selectFrom('logins').where('user_id', '=', user_id).where(isLive(now))
  const columns = own.select(['id', 'created_at', 'refreshed_at', 'user_agent'])
  const page = selectPage(db, [columns], { table: 'logins', column: 'id', descending: true }, position)
  // Never above MAX_LIVE_LOGINS.
  const count = own.select((eb) => [eb.fn.countAll<number>().as('count'), sql.lit(0).as('is_lower_bound')])
  return fetchPage(db, position, page, count.$castTo<Count>())
}
