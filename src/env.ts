import type { Claims } from './auth/tokens.ts'
import type { Db } from './db/client.ts'
import type { LimitName } from './http/rate-limit.ts'
import type { OrderStream } from './live/order-stream.ts'

/** What wrangler.toml and .dev.vars give the Worker. */
export interface Bindings extends Record<LimitName, RateLimit> {
  DB: D1Database
  REVOKED_LOGINS: KVNamespace
  ASSETS: Fetcher
  /** Where those who listen to orders are connected. */
  ORDER_STREAMS: DurableObjectNamespace<OrderStream>
  /** Signs the tokens; at least 32 bytes. */
  JWT_SECRET: string
  /** Still accepted for verification while a key change is under way. */
  JWT_SECRET_PREVIOUS?: string
  /** Origins that may call from a browser, separated by commas; any when unset. */
  ALLOWED_ORIGINS?: string
  /** `off`, and only that, switches the rate limits off; for load tests on this machine. */
  RATE_LIMITING?: string
  /** `on` shows Server-Timing to everyone, not to staff alone. */
  SERVER_TIMING?: string
}

export interface Variables {
  requestId: string
  /** The moment the request came in: milliseconds since 1970. */
  now: number
  /** The way to the database. Behind `requireCustomer` and `requireStaff` it speaks for the caller. */
  db: Db
  customer: Claims<'access'>
}

export interface AppEnv {
  Bindings: Bindings
  Variables: Variables
}
