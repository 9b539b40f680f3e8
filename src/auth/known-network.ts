import type { Context } from 'hono'
import { sql } from 'kysely'
import { build } from '../db/build.ts'
import { emailKey } from '../email.ts'
import { secretHashesOf } from '../hmac.ts'
import type { AppEnv } from '../http/app-env.ts'
import { networkOf } from '../http/rate-limit.ts'

/** How long a network stays known after the last log-in from it. */
export const KNOWN_MILLISECONDS = 180 * 24 * 60 * 60 * 1000

/** Networks per account; the least recently used one is forgotten first. */
const MAX_KNOWN_NETWORKS = 20

/**
 * Hashes of the client's network, with the current key first, then with the previous one. They are keyed and include
 * the e-mail, so that the database reveals neither where customers are nor which of them share a network. Of IPv4 the
 * /24, from which a household's next address usually comes; of IPv6 the /64. Empty if the address is unknown.
 */
export function hashesOfNetwork(c: Context<AppEnv>, email: string): string[] {
  const address = c.req.header('CF-Connecting-IP')
  if (address === undefined) return []
  const network = networkOf(address).replace(/\.\d+$/, '')
  return secretHashesOf(`${emailKey(email)} ${network}`, 'known networks', c.env)
}

/** Remembers the network of a log-in, only if the account still has the password that was verified. */
export function rememberNetwork(
  { user_id, password_version, now }: { user_id: number; password_version: number; now: number },
  network: string,
) {
  return [
    sql<never>`
      INSERT INTO known_networks (user_id, network, last_at)
      SELECT id, ${network}, ${now} FROM users WHERE id = ${user_id} AND password_version = ${password_version}
      ON CONFLICT DO UPDATE SET last_at = excluded.last_at`,
    build
      .deleteFrom('known_networks')
      .where('user_id', '=', user_id)
      .where(
        'network',
        'not in',
        build
          .selectFrom('known_networks')
          .where('user_id', '=', user_id)
          .orderBy('last_at', 'desc')
          .limit(MAX_KNOWN_NETWORKS)
          .select('network'),
      ),
  ]
}
