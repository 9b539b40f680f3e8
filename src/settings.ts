import { CURRENCIES, type Currency } from './currency.ts'
import type { Bindings } from './env.ts'
import { MAX_TAX_RATE, toCents } from './money.ts'

/** Values from the variables in wrangler.toml. An invalid one throws an error that names it. */
export interface Settings {
  /** The currency of every price and order. */
  currency: Currency
  /** In basis points, of products without a rate of their own; null for no tax. */
  tax_rate: number | null
  /** Whether an order needs the separate fields of an address, not only free text. */
  require_address: boolean
  /** Undefined in a shop that takes no payments. */
  payments: PaymentSettings | undefined
  /** Undefined in a shop that sends no mail. */
  mail: MailSettings | undefined
  /** What one account, or guests with one e-mail, may have open; a field is undefined without a limit. */
  open_orders: OpenLimits
  /** Hours after which a Pending order that the shop took no payment for is cancelled; undefined for never. */
  cancel_pending_after_hours: number | undefined
  /** Days after which an entry of the audit log is deleted; undefined for never. */
  retain_audit_days: number | undefined
  /** Of the plain reads, one in so many is logged. */
  log_reads: number
}

/** A page at Stripe lives for at most a day. */
const MAX_PAY_WITHIN_MINUTES = 23 * 60

export interface PaymentSettings {
  secret_key: string
  webhook_secret: string
  /** The address of a stand-in for Stripe's API, on the same machine; undefined for Stripe itself. */
  api: URL | undefined
  /** Whether new orders have to be paid, and new pages open. Otherwise only what has begun goes on. */
  accepts_new_payments: boolean
  /** How long an order may stay unpaid before it is cancelled, unless its customer is paying. */
  pay_within_minutes: number
}

export interface MailSettings {
  from: { name: string; email: string }
  /** Links in mails begin with it. */
  shop: URL
}

export interface OpenLimits {
  orders: number | undefined
  units: number | undefined
  cents: number | undefined
}

export function settingsOf(env: Partial<Bindings>): Settings {
  if (env.SHOP_URL && !(/^https?:/i.test(env.SHOP_URL) && URL.canParse(env.SHOP_URL)))
    throw new Error(`SHOP_URL must be an address such as https://shop.example, and is "${env.SHOP_URL}".`)
  return {
    ...pricingOf(env),
    require_address: requireAddress(env),
    payments: paymentsOf(env),
    mail: mailOf(env),
    open_orders: {
      orders: wholeNumber(env, 'MAX_OPEN_ORDERS'),
      units: wholeNumber(env, 'MAX_OPEN_UNITS'),
      cents: amount(env, 'MAX_OPEN_VALUE'),
    },
    cancel_pending_after_hours: wholeNumber(env, 'CANCEL_PENDING_AFTER_HOURS'),
    retain_audit_days: wholeNumber(env, 'RETAIN_AUDIT_DAYS'),
    log_reads: logReadsOf(env),
  }
}

/** What a price means: all that a cart needs of the settings. */
export function pricingOf(env: Partial<Bindings>): Pick<Settings, 'currency' | 'tax_rate'> {
  return { currency: currencyOf(env), tax_rate: taxRateOf(env) }
}

const DEFAULT_LOG_READS = 10

export function logReadsOf(env: Partial<Bindings>): number {
  return wholeNumber(env, 'LOG_READS') ?? DEFAULT_LOG_READS
}

/** EUR unless the shop sets another one. */
export function currencyOf({ CURRENCY }: Partial<Bindings>): Currency {
  if (!CURRENCY) return 'EUR'
  const currency = CURRENCIES.find((known) => known === CURRENCY)
  if (!currency) {
    throw new Error(
      `CURRENCY must be one of ${CURRENCIES.join(', ')}: the currencies with two decimal places that Kiosk supports. It is "${CURRENCY}".`,
    )
  }
  return currency
}

function taxRateOf({ TAX_RATE }: Partial<Bindings>): number | null {
  if (!TAX_RATE) return null
  const rate = toCents(TAX_RATE)
  if (rate === undefined || rate > MAX_TAX_RATE)
    throw new Error(`TAX_RATE must be a percentage from 0 to 100 such as 19.00, and is "${TAX_RATE}".`)
  return rate
}

function requireAddress({ REQUIRE_ADDRESS }: Partial<Bindings>): boolean {
  if (REQUIRE_ADDRESS && REQUIRE_ADDRESS !== 'on' && REQUIRE_ADDRESS !== 'off')
    throw new Error(`REQUIRE_ADDRESS must be on or off, and is "${REQUIRE_ADDRESS}".`)
  return REQUIRE_ADDRESS === 'on'
}

const DEFAULT_PAY_WITHIN_MINUTES = 60

const STRIPE_SECRETS = ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET'] as const

/**
 * The secret of Stripe that is not set, if the other one is. With one alone customers could pay and the shop would not
 * hear of it, so the shop takes no payments until it has both: they are set one after the other on a running shop.
 */
export function missingStripeSecret(env: Partial<Bindings>): string | undefined {
  const missing = STRIPE_SECRETS.filter((name) => !env[name])
  return missing.length === 1 ? missing[0] : undefined
}

/** Undefined without both secrets of Stripe. */
export function paymentsOf(env: Partial<Bindings>): PaymentSettings | undefined {
  const { STRIPE_SECRET_KEY: secret_key, STRIPE_WEBHOOK_SECRET: webhook_secret, STRIPE_API, PAYMENTS } = env
  const pay_within_minutes = wholeNumber(env, 'PAY_WITHIN_MINUTES') ?? DEFAULT_PAY_WITHIN_MINUTES
  if (pay_within_minutes > MAX_PAY_WITHIN_MINUTES)
    throw new Error(
      `PAY_WITHIN_MINUTES must be at most ${MAX_PAY_WITHIN_MINUTES}, and is "${pay_within_minutes}".`,
    )
  if (PAYMENTS && PAYMENTS !== 'off')
    throw new Error(`PAYMENTS must be "off" or unset, and is "${PAYMENTS}".`)
  if (!secret_key || !webhook_secret) return undefined
  if (!/^[sr]k_(test|live)_\w+$/.test(secret_key)) {
    throw new Error(
      'To take payments, set STRIPE_SECRET_KEY to a secret or restricted key of Stripe, which begins with sk_ or rk_.',
    )
  }
  if (!webhook_secret.startsWith('whsec_')) {
    throw new Error(
      'To take payments, set STRIPE_WEBHOOK_SECRET to the signing secret of the endpoint at Stripe, which begins with whsec_.',
    )
  }
  return {
    secret_key,
    webhook_secret,
    api: localApi(STRIPE_API),
    accepts_new_payments: !PAYMENTS,
    pay_within_minutes,
  }
}

/** MAIL_FROM switches mail on. */
export function mailOf({ MAIL_FROM, SHOP_URL }: Partial<Bindings>): MailSettings | undefined {
  if (!MAIL_FROM) return undefined
  const [, name, bracketed, plain] = /^(?:([^<>\p{Cc}]*)<([^<>]*)>|(.*))$/u.exec(MAIL_FROM.trim()) ?? []
  const email = bracketed ?? plain
  if (!email || !/^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(email))
    throw new Error(
      `MAIL_FROM must be an address, such as orders@shop.example or Shop <orders@shop.example>, and is "${MAIL_FROM}".`,
    )
  if (!SHOP_URL)
    throw new Error('To send mail, set SHOP_URL, with which the links in mails begin, beside MAIL_FROM.')
  return { from: { name: name?.trim() ?? '', email }, shop: new URL(SHOP_URL) }
}

/** A key must never go to another machine. */
function localApi(address: string | undefined): URL | undefined {
  if (!address) return undefined
  if (!URL.canParse(address) || !['127.0.0.1', 'localhost'].includes(new URL(address).hostname))
    throw new Error(
      `STRIPE_API must be an address of this machine such as http://127.0.0.1:12111, and is "${address}".`,
    )
  return new URL(address)
}

type Name =
  | 'PAY_WITHIN_MINUTES'
  | 'MAX_OPEN_ORDERS'
  | 'MAX_OPEN_UNITS'
  | 'MAX_OPEN_VALUE'
  | 'CANCEL_PENDING_AFTER_HOURS'
  | 'RETAIN_AUDIT_DAYS'
  | 'LOG_READS'

function wholeNumber(env: Partial<Bindings>, name: Name): number | undefined {
  const text = env[name]
  if (!text) return undefined
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new Error(`${name} must be a whole number above 0, and is "${text}".`)
  return Number(text)
}

function amount(env: Partial<Bindings>, name: Name): number | undefined {
  const text = env[name]
  if (!text) return undefined
  const cents = toCents(text)
  if (cents === undefined) throw new Error(`${name} must be an amount such as 50000.00, and is "${text}".`)
  return cents
}
