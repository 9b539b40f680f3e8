import { type Context, Hono } from 'hono'
import { sql } from 'kysely'
import { publishRevocation } from '../auth/publish-revocation.ts'
import { isCommon } from '../auth/common-passwords.ts'
import { weaknesses } from '../auth/password-rules.ts'
import { revokeSession } from '../auth/sessions.ts'
import { requireCustomer, requireToken } from '../auth/require.ts'
import { startGuest } from '../auth/start-guest.ts'
import { issueTokens, readToken, signingKeys } from '../auth/tokens.ts'
import { userAgentOf } from '../auth/user-agent.ts'
import { emailKey } from '../email.ts'
import type { AppEnv } from '../http/app-env.ts'
import { AppError, InvalidRequest } from '../errors.ts'
import { type FieldError, fieldError } from '../field-errors.ts'
import { IdParam } from '../http/fields.ts'
import { idempotent } from '../http/idempotency.ts'
import { PageQuery } from '../http/page-query.ts'
import { Pager } from '../http/pagination.ts'
import { byAddress, byEmail, bySession, bySite, limit } from '../http/rate-limit.ts'
import { validate } from '../http/validate.ts'
import { TypedPassword } from '../auth/schema.ts'
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
  resource: (c) => sql`(SELECT id FROM users WHERE email_key = ${emailKey(accountIn(c).email)})`,
  replay: async (c, id) => c.json(toProfile({ id, ...accountIn(c) })),
})

function accountIn(c: Context<AppEnv>): NewAccount {
  return c.req.valid('json' as never)
}

const limitRegister = limit({ LIMIT_REGISTER: byAddress, LIMIT_HASHES: bySite })
/** As many as accounts, and counted apart: a guest who registers is one of each. */
const limitGuests = limit({
  LIMIT_REGISTER: (c) => counted('guests', byAddress(c)),
  LIMIT_HASHES: (c) => counted('guests', bySite(c)),
})
/** Tight for guessing with a stolen token; by address because each change costs two password hashes. */
const limitPasswordChange = limit({ LIMIT_PASSWORD_CHANGE: bySession, LIMIT_LOG_IN_BY_ADDRESS: byAddress })

const registerBody = validate('json', RegisterBody, { whenRefused: weaknessesIn('password') })
const changePasswordBody = validate('json', ChangePasswordBody, { whenRefused: weaknessesIn('new_password') })

export const accountRoutes = new Hono<AppEnv>()
  .post('/register', limitRegister, registerBody, registeredOnce, async (c) => {
    const account = c.req.valid('json')
    const password = await weaknessesOf(c, account.password, account)
    if (password.length > 0) throw new InvalidRequest({ password })
    return c.json(toProfile(await register(c.var.db, account, c.var.bearer, c.var.now)), 201)
  })
  .post('/guest', limitGuests, async (c) => {
    const session = await startGuest(c.var.db, userAgentOf(c), c.var.now)
    return c.json(await issueTokens(session, signingKeys(c.env)), 201)
  })
  // Not requireCustomer: a client that lost the response repeats the log-out after its session has ended.
  .post('/logout', requireToken, validate('json', LogOutBody), async (c) => {
    const { db, now, caller } = c.var
    const refresh = await readToken(c.req.valid('json').refresh, 'refresh', signingKeys(c.env))
    if (refresh?.user_id !== caller.user_id)
      throw new InvalidRequest({ refresh: [fieldError('not_your_refresh_token')] })
    const [revoked] = await db.batch([revokeSession(caller.user_id, refresh.sid, now)])
    publishRevocation(c, revoked)
    return c.body(null, 205)
  })
  .get('/profile', requireCustomer, async (c) => c.json(toProfile(await findProfile(c.var.db, c.var.caller))))
  .put('/profile', requireCustomer, validate('json', ReplaceProfileBody), async (c) => {
    return c.json(toProfile(await updateProfile(c.var.db, c.var.caller, c.req.valid('json'))))
  })
  .patch('/profile', requireCustomer, validate('json', UpdateProfileBody), async (c) => {
    return c.json(toProfile(await updateProfile(c.var.db, c.var.caller, c.req.valid('json'))))
  })
  .post('/password', requireCustomer, limitPasswordChange, changePasswordBody, async (c) => {
    const { db, now, caller } = c.var
    const change = c.req.valid('json')
    const is_common = await isCommon(change.new_password, c.env.ASSETS)
    const revoked = await changePassword(db, caller, { ...change, is_common }, now)
    publishRevocation(c, revoked)
    return c.body(null, 204)
  })
  .get('/sessions', requireCustomer, validate('query', PageQuery), async (c) => {
    const { db, now, caller } = c.var
    const pager = new Pager(c, c.req.valid('query'))
    const page = await listSessions(db, caller, now, pager.request)
    return c.json(
      pager.keyed(
        page,
        ({ id }) => [id, id],
        (row) => toSession(row, caller.sid),
      ),
    )
  })
  .delete('/sessions/:id', requireCustomer, validate('param', IdParam), async (c) => {
    const { db, now, caller } = c.var
    const [revoked] = await db.batch([revokeSession(caller.user_id, c.req.valid('param').id, now)])
    if (revoked.length === 0) throw new AppError('not_found', 'No such session.')
    publishRevocation(c, revoked)
    return c.body(null, 204)
  })

function counted(what: string, key: string | undefined): string | undefined {
  return key && `${what} ${key}`
}

async function weaknessesOf(
  c: Context<AppEnv>,
  password: string,
  owner: { email: string; name: string },
): Promise<FieldError[]> {
  return weaknesses(password, owner, await isCommon(password, c.env.ASSETS))
}

/** The weaknesses of a new password in a body that is refused anyway, as far as what it says can be read. */
function weaknessesIn(field: string) {
  return async (c: Context<AppEnv>, body: Record<string, unknown>) => {
    const { data: password } = TypedPassword.safeParse(body[field])
    if (password === undefined) return {}
    const textIn = (name: string) => (typeof body[name] === 'string' ? body[name] : '')
    return { [field]: await weaknessesOf(c, password, { email: textIn('email'), name: textIn('name') }) }
  }
}

function toProfile({ id, email, name, address, phone, ...rest }: Profile): Profile {
  const { country, postal_code, city, line1, line2 } = rest
  return { id, email, name, address, phone, country, postal_code, city, line1, line2 }
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
