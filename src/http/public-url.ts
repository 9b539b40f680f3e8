import type { Context } from 'hono'
import type { AppEnv } from './app-env.ts'

/**
 * This request's URL, for links: at SHOP_URL if that is set. Otherwise with the host of the request; Cloudflare
 * only routes the Worker's own hosts to it.
 */
export function publicUrl({ req, env }: Context<AppEnv>): string {
  if (!env.SHOP_URL) return req.url
  const { pathname, search } = new URL(req.url)
  return new URL(pathname + search, env.SHOP_URL).href
}

/** The edge cache's key has no host: so responses with links vary by host unless SHOP_URL fixes it. */
export function varyByHost({ env }: Context<AppEnv>): Record<string, string> {
  return env.SHOP_URL ? {} : { Vary: 'Host, X-Forwarded-Proto' }
}
