import { sql } from 'kysely'
import type * as z from 'zod'
import { build } from '../db/build.ts'
import { isActive } from '../auth/sessions.ts'
import type { Db } from '../db/client.ts'
import { type Count, fetchPage, type PageRequest, selectPage } from '../db/keyset.ts'
import type { UpdateProfileBody } from './schema.ts'
import type { Caller } from '../http/app-env.ts'

export const profile = [
  'id',
  'email',
  'name',
  'address',
  'phone',
  'country',
  'postal_code',
  'city',
  'line1',
  'line2',
] as const

type Owner = Pick<Caller, 'user_id'>

export async function findProfile(db: Db, { user_id }: Owner) {
  return (await db.first(build.selectFrom('users').where('id', '=', user_id).select(profile)))!
}

/** Updates the given fields; undefined ones stay as they are. */
export async function updateProfile(db: Db, { user_id }: Owner, change: z.infer<typeof UpdateProfileBody>) {
  const isEmpty = Object.values(change).every((value) => value === undefined)
  if (isEmpty) return findProfile(db, { user_id })
  const [[updated]] = await db.batch([
    build.updateTable('users').set(change).where('id', '=', user_id).returning(profile),
  ])
  return updated!
}

/** A customer's own active sessions, newest first. */
export async function listSessions(db: Db, { user_id }: Owner, now: number, request: PageRequest) {
  const own = build.selectFrom('sessions').where('user_id', '=', user_id).where(isActive(now))
  const columns = own.select(['id', 'created_at', 'refreshed_at', 'user_agent'])
  const page = selectPage([columns], { table: 'sessions', column: 'id', descending: true }, request)
  // At most MAX_ACTIVE_SESSIONS rows, so an exact count is cheap.
  const count = own.select((eb) => [eb.fn.countAll<number>().as('count'), sql.lit(0).as('is_lower_bound')])
  return fetchPage(db, request, page, count.$castTo<Count>())
}
