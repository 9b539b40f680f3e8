import type { MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { AppEnv } from './app-env.ts'
import { isRateLimitingOff } from './rate-limit.ts'

/**
 * Logs one JSON line per request, with its D1 usage. Server-Timing has the same figures, for staff only unless
 * SERVER_TIMING is on: they could reveal which e-mails exist.
 */
export const log: MiddlewareHandler<AppEnv> = async (c, next) => {
  const started = performance.now()
  await next()
  const { trips, rows_read, rows_written, milliseconds } = c.var.db.usage
  const isStaff = c.var.customer?.is_staff && c.res.status !== 401 && c.res.status !== 403
  if (c.env.SERVER_TIMING === 'on' || isStaff) {
    const desc = `trips=${trips} rows_read=${rows_read} rows_written=${rows_written}`
    c.res.headers.set('Server-Timing', `d1;dur=${milliseconds.toFixed(1)};desc="${desc}"`)
  }
  console.info(
    JSON.stringify({
      request_id: c.var.requestId,
      method: c.req.method,
      route: matchedRoutes(c).findLast(({ method }) => method !== 'ALL')?.path,
      status: c.res.status,
      milliseconds: Math.round(performance.now() - started),
      ...(isRateLimitingOff(c) ? { rate_limiting: 'off' } : {}),
      d1: { trips, rows_read, rows_written, milliseconds: Math.round(milliseconds) },
    }),
  )
}
