import type { MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { AppEnv } from './app-env.ts'
import { logReadsOf } from '../settings.ts'
import { isRateLimitingOff } from './rate-limit.ts'

/** Logged even if it is a plain read. */
const SLOW_MILLISECONDS = 500

/**
 * Logs one JSON line per request, with its D1 usage until the response begins; of plain reads one in LOG_READS, chosen
 * at random, whose `weight` is the number of reads that it stands for. Server-Timing has the same figures, for staff
 * only unless SERVER_TIMING is on: they could reveal which e-mails exist.
 */
export const log: MiddlewareHandler<AppEnv> = async (c, next) => {
  const one_of = logReadsOf(c.env) // before the request has an effect: it throws if the setting is invalid
  const started = performance.now()
  await next()
  const { round_trips, rows_read, rows_written, milliseconds } = c.var.db.usage
  const { status } = c.res
  const isStaff = c.var.caller?.is_staff && status !== 401 && status !== 403
  if (c.env.SERVER_TIMING === 'on' || isStaff) {
    const desc = `trips=${round_trips} rows_read=${rows_read} rows_written=${rows_written}`
    c.res.headers.set('Server-Timing', `d1;dur=${milliseconds.toFixed(1)};desc="${desc}"`)
  }
  const taken = performance.now() - started
  const isRead = ['GET', 'HEAD', 'OPTIONS'].includes(c.req.method) && rows_written === 0
  const isPlainRead = isRead && status < 400 && taken < SLOW_MILLISECONDS
  const weight = isPlainRead ? one_of : 1
  if (Math.random() * weight >= 1) return
  console.info(
    JSON.stringify({
      request_id: c.var.requestId,
      method: c.req.method,
      route: matchedRoutes(c).findLast(({ method }) => method !== 'ALL')?.path,
      status,
      weight,
      milliseconds: Math.round(taken),
      ...(isRateLimitingOff(c) ? { rate_limiting: 'off' } : {}),
      d1: { round_trips, rows_read, rows_written, milliseconds: Math.round(milliseconds) },
    }),
  )
}
