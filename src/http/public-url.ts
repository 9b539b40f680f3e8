import type { Context } from 'hono'
import type { AppEnv } from './app-env.ts'

/**
 * This request's URL, for links: at SHOP_URL if that is set. Otherwise with the host of the request; Cloudflare
 * only routes the Worker's own hosts to it.
 */
export function publicUrl({ req, env }: Context<AppEnv>): URL {
  const url = new URL(req.url)
  return env.SHOP_URL ? new URL(url.pathname + url.search, env.SHOP_URL) : url
}

/** The edge cache's key has no host: so responses with links vary by host unless SHOP_URL fixes it. */
export function varyByHost({ env }: Context<AppEnv>): Record<string, string> {
  return env.SHOP_URL ? {} : { Vary: 'Host, X-Forwarded-Proto' }
}
