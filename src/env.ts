/** What wrangler.toml and .dev.vars give the Worker. A binding is named by what is called on it. */
export interface Bindings extends Record<LimitName, RateLimit> {
  DB: D1Database
  REVOKED_SESSIONS: KVNamespace
  ASSETS: Fetcher
  ORDER_STREAMS: OrderStreams
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

/** The rate limits, whose numbers are in wrangler.toml. Cloudflare counts in each of its locations. */
export type LimitName =
  | 'LIMIT_LOG_IN'
  | 'LIMIT_LOG_IN_BY_EMAIL'
  | 'LIMIT_LOG_IN_BY_ADDRESS'
  | 'LIMIT_PASSWORD_CHANGE'
  | 'LIMIT_REGISTER'
  | 'LIMIT_REFRESH'
  | 'LIMIT_ORDER'
  | 'LIMIT_CART'
  | 'LIMIT_LISTEN'
  | 'LIMIT_SEARCH'
  | 'LIMIT_CATALOGUE'

/** The Durable Objects that clients listen to orders at: one for each customer, one for all staff. */
export interface OrderStreams {
  getByName(name: string): {
    /** There may be something new to read. */
    wake(): Promise<void>
    /** Connects a listener. */
    fetch(url: string, init: RequestInit): Promise<Response>
  }
}
