import type { Context, MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import type { AppEnv } from './app-env.ts'
import { publicUrl } from './public-url.ts'

const options = {
  allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowHeaders: [
    'Authorization',
    'Content-Type',
    'If-Match',
    'If-None-Match',
    'Idempotency-Key',
    'X-D1-Bookmark',
    'Last-Event-ID',
  ],
  exposeHeaders: [
    'X-Request-Id',
    'X-D1-Bookmark',
    'ETag',
    'Retry-After',
    'Location',
    'Idempotent-Replayed',
    'Server-Timing',
    'Allow',
    'WWW-Authenticate',
  ],
  maxAge: 7200,
}

const fromAnywhere = cors({ ...options, origin: '*' })

/** Allows any origin, because tokens are not cookies; with ALLOWED_ORIGINS, only those listed. */
export const crossOrigin: MiddlewareHandler<AppEnv> = async (c, next) => {
  const allowed = allowedOrigins(c)
  const allow = allowed ? cors({ ...options, origin: allowed }) : fromAnywhere
  if (c.req.method === 'OPTIONS') return allow(c, next)
  // After the handler: headers set before it make Hono build every response twice.
  await next()
  await allow(c, async () => {})
}

/**
 * For WebSockets, which browsers open across origins without a preflight. Other clients send no Origin. The shop's own
 * pages, which need no CORS headers, send one as well.
 */
export function isAllowedOrigin(c: Context<AppEnv>): boolean {
  const origin = c.req.header('Origin')
  const allowed = allowedOrigins(c)
  if (origin === undefined || !allowed) return true
  return [...allowed, publicUrl(c).origin, new URL(c.req.url).origin].includes(origin)
}

/** Undefined where any origin may call. */
export function allowedOrigins({ env }: Context<AppEnv>): string[] | undefined {
  return env.ALLOWED_ORIGINS ? env.ALLOWED_ORIGINS.split(',').map((origin) => origin.trim()) : undefined
}
