import { hash } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { emailKey } from '../email.ts'
import type { Bindings, LimitName } from '../env.ts'
import type { AppEnv } from './app-env.ts'
import { AppError } from '../errors.ts'

/** The key that requests are counted by. Undefined if it is unknown: then the request is not counted. */
type KeyOf = (c: Context<AppEnv>) => string | undefined

type Limits = Partial<Record<LimitName, KeyOf>>

/** Refuses requests beyond one of these limits. Put limits by address before any middleware that reads the body. */
export function limit(limits: Limits): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await requireWithinAll(c, limits)
    await next()
  }
}

/**
 * Throws `too_many_requests` beyond one of these limits. They are counted in order, up to the first that refuses:
 * requests beyond a tight limit do not use up a loose one that others share.
 */
export async function requireWithinAll(c: Context<AppEnv>, limits: Limits): Promise<void> {
  for (const [name, keyOf] of Object.entries(limits)) await requireWithin(c, name as LimitName, keyOf(c))
}

export async function requireWithin(
  c: Context<AppEnv>,
  name: LimitName,
  key: string | undefined,
): Promise<void> {
  if (!(await isWithin(c.env, name, key))) throw tooManyRequests()
}

export function tooManyRequests(): AppError {
  return new AppError('too_many_requests', 'Too many requests of this kind. Please try again in a minute.')
}

/** Counts one more request; true if it is within the limit, or if it could not be counted. */
export async function isWithin(env: Bindings, name: LimitName, key: string | undefined): Promise<boolean> {
  if (key === undefined || isRateLimitingOff({ env })) return true
  try {
    const { success } = await env[name].limit({ key })
    return success
  } catch (error) {
    console.warn(`${name} could not be counted; the request is allowed`, error)
    return true
  }
}

/** For load tests; `npm run deploy` refuses the setting. */
export function isRateLimitingOff({ env }: { env: Bindings }): boolean {
  return env.RATE_LIMITING === 'off'
}

/** The session of the access token, so a revoked session does not use up the limits of the account's other sessions. */
export const bySession: KeyOf = (c) => String(c.var.bearer!.sid)

/** The client's address from Cloudflare; of IPv6 the /64, since a client has 2⁶⁴ addresses. */
export const byAddress: KeyOf = (c) => {
  const address = addressOf(c)
  return address && networkOf(address)
}

/** Of IPv6 the /48, which may belong to one client; undefined for IPv4. */
export const bySite: KeyOf = (c) => {
  const address = addressOf(c)
  return address && siteOf(address)
}

/** The e-mail in a validated body. */
export const byEmail: KeyOf = (c) => {
  const { email } = c.req.valid('json' as never) as { email: string }
  return hashOfEmail(email)
}

/** Instead of the e-mail, so that neither a counter nor the record of an Idempotency-Key stores it. */
export function hashOfEmail(email: string): string {
  return hash('sha256', emailKey(email), 'base64url')
}

export const byEmailAndAddress: KeyOf = (c) => both(byEmail(c), byAddress(c))

export const byEmailAndSite: KeyOf = (c) => both(byEmail(c), bySite(c))

function both(one: string | undefined, other: string | undefined): string | undefined {
  return one && other && `${one} ${other}`
}

function addressOf(c: Context<AppEnv>): string | undefined {
  return c.req.header('CF-Connecting-IP')
}

/** `2001:db8:0:1::5` → `2001:db8:0:1`, the /64. IPv4 stays as it is. */
export function networkOf(address: string): string {
  return address.includes('.') ? ipv4Of(address) : groupsOf(address, 4)
}

/** `2001:db8:0:1::5` → `2001:db8:0`, the /48. IPv4 has none. */
export function siteOf(address: string): string | undefined {
  return address.includes('.') ? undefined : groupsOf(address, 3)
}

function ipv4Of(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1) // also ::ffff:192.0.2.1
}

function groupsOf(address: string, count: number): string {
  const [head = [], tail = []] = address.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  const groups = [...head, ...zeros, ...tail].slice(0, count)
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}
