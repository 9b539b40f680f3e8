import { CURRENCIES, type Currency } from './currency.ts'
import type { Bindings } from './env.ts'
import { toCents } from './money.ts'

/** Values from the variables in wrangler.toml. An invalid one throws an error that names it. */
export interface Settings {
  /** The currency of every price and order. */
  currency: Currency
  /** Limits on the Pending orders of one account; undefined without a limit. */
  open_orders: OpenLimits
  /** Hours after which an order that is still Pending is cancelled; undefined for never. */
  cancel_pending_after_hours: number | undefined
  /** Days after which an entry of the audit log is deleted; undefined for never. */
  retain_audit_days: number | undefined
}

export interface OpenLimits {
  orders: number | undefined
  units: number | undefined
  cents: number | undefined
}

export function settingsOf(env: Partial<Bindings>): Settings {
  if (env.SHOP_URL && !URL.canParse(env.SHOP_URL))
    throw new Error(`SHOP_URL must be an address such as https://shop.example, and is "${env.SHOP_URL}".`)
  return {
    currency: currencyOf(env),
    open_orders: {
      orders: wholeNumber(env, 'MAX_OPEN_ORDERS'),
      units: wholeNumber(env, 'MAX_OPEN_UNITS'),
      cents: amount(env, 'MAX_OPEN_VALUE'),
    },
    cancel_pending_after_hours: wholeNumber(env, 'CANCEL_PENDING_AFTER_HOURS'),
    retain_audit_days: wholeNumber(env, 'RETAIN_AUDIT_DAYS'),
  }
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

type Name =
  'MAX_OPEN_ORDERS' | 'MAX_OPEN_UNITS' | 'MAX_OPEN_VALUE' | 'CANCEL_PENDING_AFTER_HOURS' | 'RETAIN_AUDIT_DAYS'

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
