import { createHmac } from 'node:crypto'
import type { Context } from 'hono'
import type { AppEnv } from '../http/app-env.ts'
import { networkOf } from '../http/rate-limit.ts'
import { foldCase } from '../text.ts'

/**
 * What a session keeps of the network it began in: a hash with a key that is made from JWT_SECRET, other for
 * each account, so that the database tells neither where customers are nor which of them are together. Of
 * IPv4 the /24, where a household gets its next address; of IPv6 the /64. Undefined where no address is known.
 */
export function hashOfNetwork(c: Context<AppEnv>, email: string): string | undefined {
  const address = c.req.header('CF-Connecting-IP')
  if (address === undefined) return undefined
  const network = networkOf(address).replace(/\.\d+$/, '')
  const key = createHmac('sha256', c.env.JWT_SECRET).update('networks of sessions').digest()
  return createHmac('sha256', key)
    .update(`${foldCase(email)} ${network}`)
    .digest('base64url')
}
