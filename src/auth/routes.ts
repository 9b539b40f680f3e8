import { Hono } from 'hono'
import type { AppEnv } from '../http/app-env.ts'
import { AppError } from '../errors.ts'
import {
  byAddress,
  byEmail,
  byEmailAndAddress,
  byEmailAndSite,
  bySite,
  limit,
  requireWithinAll,
} from '../http/rate-limit.ts'
import { validate } from '../http/validate.ts'
import { hashesOfNetwork } from './known-network.ts'
import { logIn } from './log-in.ts'
import { publishRevocation } from './publish-revocation.ts'
import { refreshSession } from './refresh-session.ts'
import { isKnownRevoked } from './revoked-sessions.ts'
import { sessionEnded } from './session-guard.ts'
import { LogInBody, RefreshBody, VerifyBody } from './schema.ts'
import { isExpired, issueTokens, readToken, signingKeys } from './tokens.ts'
import { userAgentOf } from './user-agent.ts'
import { requireNewest } from './require-newest.ts'

/** Limits guessing at many accounts from one address. */
const limitLogIns = limit({ LIMIT_LOG_IN_BY_ADDRESS: byAddress, LIMIT_HASHES: bySite })

/** Limits guessing at one account from one address, tightly. */
const limitGuesses = limit({ LIMIT_LOG_IN: byEmailAndAddress })

/** Limits guessing at one account from many addresses; not counted for a network that it logged in from before. */
const fromAnywhere = { LIMIT_LOG_IN: byEmailAndSite, LIMIT_LOG_IN_BY_EMAIL: byEmail }

const limitTokens = limit({ LIMIT_REFRESH: byAddress })

export const tokenRoutes = new Hono<AppEnv>()
  .post('/', limitLogIns, validate('json', LogInBody), limitGuesses, async (c) => {
    const { db, now } = c.var
    const { email, password, guest } = c.req.valid('json')
    const keys = signingKeys(c.env)
    const claims = guest === undefined ? undefined : await readToken(guest, 'refresh', keys)
    const attempt = {
      email,
      password,
      user_agent: userAgentOf(c),
      networks: hashesOfNetwork(c, email),
      guest: claims && !isExpired(claims, now) ? claims : undefined,
      now,
    }
    const { session, revoked, merged } = await logIn(db, attempt, () => requireWithinAll(c, fromAnywhere))
    publishRevocation(c, revoked)
    return c.json({ ...(await issueTokens(session, keys)), ...(guest !== undefined && { merged }) })
  })
  .post('/refresh', limitTokens, validate('json', RefreshBody), async (c) => {
    const { db, now } = c.var
    const keys = signingKeys(c.env)
    const claims = await readToken(c.req.valid('json').refresh, 'refresh', keys)
    if (!claims || isExpired(claims, now)) throw invalid('The refresh token is invalid or expired.')
    if (await isKnownRevoked(c.env.REVOKED_SESSIONS, claims.sid)) throw sessionEnded()
    const session = await refreshSession(db, claims, now, (reused) => publishRevocation(c, [reused]))
    return c.json(await issueTokens(session, keys))
  })
  .post('/verify', limitTokens, validate('json', VerifyBody), async (c) => {
    const { db, now } = c.var
    const { token } = c.req.valid('json')
    const keys = signingKeys(c.env)
    const claims = (await readToken(token, 'access', keys)) ?? (await readToken(token, 'refresh', keys))
    if (!claims || isExpired(claims, now)) throw invalid('The token is invalid or expired.')
    if (await isKnownRevoked(c.env.REVOKED_SESSIONS, claims.sid)) throw sessionEnded()
    if (claims.token_type === 'refresh') await requireNewest(db, claims, now)
    return c.json({})
  })

function invalid(detail: string): AppError {
  return new AppError('token_invalid', detail)
}
