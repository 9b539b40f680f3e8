import { hash } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import type { Bindings, LimitName } from '../env.ts'
import type { AppEnv } from './app-env.ts'
import { AppError } from '../errors.ts'
import { foldCase } from '../text.ts'

/** Under this symbol a handler tells that it may answer 429, for the OpenAPI document. */
export const limits = Symbol('limits')

/** What requests are counted by. Undefined where that is not known: then none is counted. */
type KeyOf = (c: Context<AppEnv>) => string | undefined

/**
 * Refuses with `too_many_requests` what exceeds one of these limits. They are asked in their order and
 * the first that refuses is the last that counts: who exceeds a tight one uses up no loose one that
 * others share.
 */
export function limit(keys: Partial<Record<LimitName, KeyOf>>): MiddlewareHandler<AppEnv> {
  const handler: MiddlewareHandler<AppEnv> = async (c, next) => {
    for (const [name, keyOf] of Object.entries(keys)) await requireWithin(c, name as LimitName, keyOf(c))
    await next()
  }
  return Object.assign(handler, { [limits]: true })
}

export async function requireWithin(
  c: Context<AppEnv>,
  name: LimitName,
  key: string | undefined,
): Promise<void> {
  if (!(await isWithin(c.env, name, key)))
    throw new AppError('too_many_requests', 'Too many requests of this kind. Please try again in a minute.')
}

/** Counts one more, and tells whether it is still within the limit. */
export async function isWithin(env: Bindings, name: LimitName, key: string | undefined): Promise<boolean> {
  if (key === undefined || isSwitchedOff({ env })) return true
  const { success } = await env[name].limit({ key })
  return success
}

/** For load tests. `npm run deploy` refuses it. */
export function isSwitchedOff({ env }: { env: Bindings }): boolean {
  return env.RATE_LIMITING === 'off'
}

/** The client's address, as Cloudflare tells it; of IPv6 the network, since a client has 2⁶⁴ of them. */
export const byAddress: KeyOf = (c) => {
  const address = c.req.header('CF-Connecting-IP')
  return address === undefined ? undefined : networkOf(address)
}

export const byCustomer: KeyOf = (c) => String(c.var.customer.user_id)

/** The e-mail in a validated body, hashed: it may be of any length, and need not be kept anywhere. */
export const byEmail: KeyOf = (c) => {
  const { email } = c.req.valid('json' as never) as { email: string }
  return hash('sha256', foldCase(email.trim()), 'base64url')
}

export const byEmailAndAddress: KeyOf = (c) => {
  const address = byAddress(c)
  return address === undefined ? undefined : `${byEmail(c)} ${address}`
}

/** `2001:db8:0:1::5` → `2001:db8:0:1`, the /64. IPv4 stays as it is. */
export function networkOf(address: string): string {
  if (address.includes('.')) return address.slice(address.lastIndexOf(':') + 1) // also ::ffff:192.0.2.1
  const [head = [], tail = []] = address.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  const groups = [...head, ...zeros, ...tail].slice(0, 4)
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}
