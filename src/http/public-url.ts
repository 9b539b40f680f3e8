import type { Context } from 'hono'
import type { AppEnv } from './app-env.ts'

/**
 * This request's URL, for links: at SHOP_URL where that is set. Else at the host that the request names:
 * Cloudflare brings only those here that are routes of the Worker.
 */
export function publicUrl({ req, env }: Context<AppEnv>): string {
  if (!env.SHOP_URL) return req.url
  const { pathname, search } = new URL(req.url)
  return new URL(pathname + search, env.SHOP_URL).href
}

/** The edge cache's key has no host: answers with links vary by it, unless it is always the same. */
export function varyByHost({ env }: Context<AppEnv>): Record<string, string> {
  return env.SHOP_URL ? {} : { Vary: 'Host, X-Forwarded-Proto' }
}
