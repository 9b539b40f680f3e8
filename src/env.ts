/** Bindings from wrangler.toml and .dev.vars, typed by the methods that are called on them. */
export interface Bindings extends Record<LimitName, RateLimit> {
  DB: D1Database
  REVOKED_SESSIONS: KVNamespace
  ASSETS: Fetcher
  ORDER_STREAMS: OrderStreams
  /** The pictures of products; without it the shop has none. */
  PICTURES?: R2Bucket
  /** Makes the sizes of pictures; without it the shop keeps the originals. */
  IMAGES?: ImagesBinding
  MAILER: EventReaders
  WEBHOOKS: Webhooks
  /** Sends mail; a shop does so once it has MAIL_FROM and SHOP_URL. */
  EMAIL: EmailBinding
  /** The sender of mails: an address, or `Shop <orders@shop.example>`. */
  MAIL_FROM?: string
  /** Signs the tokens; at least 32 bytes. */
  JWT_SECRET: string
  /** Still accepted for verification while the key is being rotated. */
  JWT_SECRET_PREVIOUS?: string
  /** The address of the shop, such as `https://shop.example`: links begin with it, whatever host a request names. */
  SHOP_URL?: string
  /** The currency of every price, such as `EUR` (currency.ts). */
  CURRENCY?: string
  /** Percent of tax contained in prices, such as `19.00`, of products without a rate of their own; no tax when unset. */
  TAX_RATE?: string
  /** `on` requires the fields of an address when an order is placed. */
  REQUIRE_ADDRESS?: string
  /** Stripe's secret key and webhook secret: with both, the shop takes payments. */
  STRIPE_SECRET_KEY?: string
  STRIPE_WEBHOOK_SECRET?: string
  /** `off` opens no new payment: new orders need none. Any other value is an error. */
  PAYMENTS?: string
  /** The address of a stand-in for Stripe's API; of this machine only. */
  STRIPE_API?: string
  /** Minutes after which an order that nobody has begun to pay is cancelled; 60 when unset. */
  PAY_WITHIN_MINUTES?: string
  /** Origins that browsers may call from, separated by commas; any origin when unset. */
  ALLOWED_ORIGINS?: string
  /** `off`, and no other value, disables rate limiting; for local load tests. */
  RATE_LIMITING?: string
  /** What one account, or guests with one e-mail, may have open: orders, units, and value such as `50000.00`. */
  MAX_OPEN_ORDERS?: string
  MAX_OPEN_UNITS?: string
  MAX_OPEN_VALUE?: string
  /** Hours after which a Pending order that the shop took no payment for is cancelled and restocked; never when unset. */
  CANCEL_PENDING_AFTER_HOURS?: string
  /** Days after which an entry of the audit log is deleted; never when unset. */
  RETAIN_AUDIT_DAYS?: string
  /** Logs one in this many plain reads, at random; 10 when unset, 1 logs all. */
  LOG_READS?: string
  /** `on` sends Server-Timing to everyone, not only to staff. */
  SERVER_TIMING?: string
}

/** Rate limits; their numbers are in wrangler.toml. Each Cloudflare location counts separately. */
export type LimitName =
  | 'LIMIT_LOG_IN'
  | 'LIMIT_LOG_IN_BY_EMAIL'
  | 'LIMIT_LOG_IN_BY_ADDRESS'
  | 'LIMIT_HASHES'
  | 'LIMIT_PASSWORD_CHANGE'
  | 'LIMIT_REGISTER'
  | 'LIMIT_REFRESH'
  | 'LIMIT_ORDER'
  | 'LIMIT_CART'
  | 'LIMIT_LISTEN'
  | 'LIMIT_UPLOAD'
  | 'LIMIT_SEARCH'
  | 'LIMIT_SPREADSHEET'
  | 'LIMIT_ADDRESS'
  | 'LIMIT_SESSION'
  | 'LIMIT_LOOSELY'

/** A kind of durable reader of the event log; each object reads on from its own position. */
export interface EventReaders {
  getByName(name: string): { wake(): Promise<void> }
}

/** The Durable Objects that send messages to the shop's other systems: one per endpoint. */
export interface Webhooks {
  getByName(name: string): { wake(id: number): Promise<void> }
}

/** Cloudflare's binding `send_email`. */
export interface EmailBinding {
  send(mail: {
    from: { name: string; email: string }
    to: string
    subject: string
    text: string
    html: string
    headers?: Record<string, string>
  }): Promise<unknown>
}

/** The Durable Objects that stream order events to clients: one per customer, one for all staff. */
export interface OrderStreams {
  getByName(name: string): {
    /** Announces that there may be new events to read. */
    wake(): Promise<void>
    /** Sets which endpoints of webhooks the stream of staff wakes when it is woken. */
    setWebhooks(ids: readonly number[]): Promise<void>
    /** Connects a listener. */
    fetch(url: string, init: RequestInit): Promise<Response>
  }
}
