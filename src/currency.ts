/** Currencies (ISO 4217) with two decimal places, in which a shop may sell: amounts are cents everywhere. */
export const CURRENCIES = [
  'AED', 'AUD', 'BRL', 'CAD', 'CHF', 'CNY', 'CZK', 'DKK', 'EUR', 'GBP', 'HKD', 'ILS', 'INR', 'MXN', 'MYR', 'NOK',
  'NZD', 'PHP', 'PLN', 'RON', 'SAR', 'SEK', 'SGD', 'THB', 'TRY', 'USD', 'ZAR',
] as const // prettier-ignore

export type Currency = (typeof CURRENCIES)[number]

/**
 * The least that Stripe takes by card, in cents. The last line has what is safely more than half a US dollar: Stripe
 * names no amount for these.
 */
export const LEAST_CHARGE_CENTS: Readonly<Record<Currency, number>> = {
  AUD: 50, BRL: 50, CAD: 50, CHF: 50, EUR: 50, GBP: 30, INR: 50, NZD: 50, SGD: 50, USD: 50, AED: 200, CZK: 1500,
  DKK: 250, HKD: 400, MXN: 1000, MYR: 200, NOK: 300, PLN: 200, RON: 200, SEK: 300, THB: 1000,
  CNY: 500, ILS: 250, PHP: 4000, SAR: 250, TRY: 5000, ZAR: 1500,
} // prettier-ignore

/** The most that Stripe takes by card: eight digits. */
export const MOST_CHARGE_CENTS = 99_999_999
