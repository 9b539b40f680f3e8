import { type Context, Hono } from 'hono'
import { sql } from 'kysely'
import { publishRevocation } from '../auth/publish-revocation.ts'
import { isCommon } from '../auth/common-passwords.ts'
import { revokeSession } from '../auth/sessions.ts'
import { requireCustomer, requireToken } from '../auth/require.ts'
import { readToken, signingKeys } from '../auth/tokens.ts'
import type { AppEnv } from '../http/app-env.ts'
import { AppError, InvalidRequest } from '../errors.ts'
import { fieldError } from '../field-errors.ts'
import { IdParam } from '../http/fields.ts'
import { idempotent } from '../http/idempotency.ts'
import { PageQuery } from '../http/page-query.ts'
import { Pager } from '../http/pagination.ts'
import { byAddress, byEmail, bySession, bySite, limit } from '../http/rate-limit.ts'
import { validate } from '../http/validate.ts'
import { changePassword } from './change-password.ts'
import type { Profile, Session } from './openapi.ts'
import { findProfile, listSessions, updateProfile } from './queries.ts'
import { type NewAccount, register } from './register.ts'
import {
  ChangePasswordBody,
  LogOutBody,
  RegisterBody,
  ReplaceProfileBody,
  UpdateProfileBody,
} from './schema.ts'

/**
 * There is no account yet, so the key is scoped to the e-mail; other people's keys cannot collide. A replay returns
 * the fields of its own body, not the current account.
 */
const registeredOnce = idempotent({
  route: (c) => `register ${byEmail(c)}`,
  resource: () => sql`(SELECT max(id) FROM users)`,
  replay: async (c, id) => c.json(toProfile({ id, ...(c.req.valid('json' as never) as NewAccount) })),
})

const limitRegister = limit({ LIMIT_REGISTER: byAddress, LIMIT_HASHES: bySite })
/** Tight for guessing with a stolen token; by address because each change costs two password hashes. */
const limitPasswordChange = limit({ LIMIT_PASSWORD_CHANGE: bySession, LIMIT_LOG_IN_BY_ADDRESS: byAddress })

export const accountRoutes = new Hono<AppEnv>()
  .post('/register', limitRegister, validate('json', RegisterBody), registeredOnce, async (c) => {
    const account = c.req.valid('json')
    await refuseCommon(c, 'password', account.password)
    return c.json(toProfile(await register(c.var.db, account, c.var.now)), 201)
  })
  // Not requireCustomer: a client that lost the response repeats the log-out after its session has ended.
  .post('/logout', requireToken, validate('json', LogOutBody), async (c) => {
    const { db, now, customer } = c.var
    const refresh = await readToken(c.req.valid('json').refresh, 'refresh', signingKeys(c.env))
    if (refresh?.user_id !== customer.user_id)
      throw new InvalidRequest({ refresh: [fieldError('not_your_refresh_token')] })
    const [revoked] = await db.batch([revokeSession(customer.user_id, refresh.sid, now)])
    publishRevocation(c, revoked)
    return c.body(null, 205)
  })
  .get('/profile', requireCustomer, async (c) =>
    c.json(toProfile(await findProfile(c.var.db, c.var.customer))),
  )
  .put('/profile', requireCustomer, validate('json', ReplaceProfileBody), async (c) => {
    return c.json(toProfile(await updateProfile(c.var.db, c.var.customer, c.req.valid('json'))))
  })
  .patch('/profile', requireCustomer, validate('json', UpdateProfileBody), async (c) => {
    return c.json(toProfile(await updateProfile(c.var.db, c.var.customer, c.req.valid('json'))))
  })
  .post(
    '/password',
    requireCustomer,
    limitPasswordChange,
    validate('json', ChangePasswordBody),
    async (c) => {
      const { db, now, customer } = c.var
      const change = c.req.valid('json')
      await refuseCommon(c, 'new_password', change.new_password)
      const revoked = await changePassword(db, customer, change, now)
      publishRevocation(c, revoked)
      return c.body(null, 204)
    },
  )
  .get('/sessions', requireCustomer, validate('query', PageQuery), async (c) => {
    const { db, now, customer } = c.var
    const pager = new Pager(c, c.req.valid('query'))
    const page = await listSessions(db, customer, now, pager.request)
    return c.json(
      pager.keyed(
        page,
        ({ id }) => [id, id],
        (row) => toSession(row, customer.sid),
      ),
    )
  })
  .delete('/sessions/:id', requireCustomer, validate('param', IdParam), async (c) => {
    const { db, now, customer } = c.var
    const [revoked] = await db.batch([revokeSession(customer.user_id, c.req.valid('param').id, now)])
    if (revoked.length === 0) throw new AppError('not_found', 'No such session.')
    publishRevocation(c, revoked)
    return c.body(null, 204)
  })

async function refuseCommon(c: Context<AppEnv>, field: string, password: string): Promise<void> {
  if (await isCommon(password, c.env.ASSETS))
    throw new InvalidRequest({ [field]: [fieldError('too_common')] })
}

function toProfile({ id, email, name, address, phone }: Profile): Profile {
  return { id, email, name, address, phone }
}

interface SessionRow {
  id: number
  created_at: number
  refreshed_at: number
  user_agent: string
}

function toSession({ id, created_at, refreshed_at, user_agent }: SessionRow, current_id: number): Session {
  return {
    id,
    created_at: new Date(created_at).toISOString(),
    last_used_at: new Date(refreshed_at).toISOString(),
    user_agent,
    current: id === current_id,
  }
}
