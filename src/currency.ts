/** Currencies (ISO 4217) with two decimal places, in which a shop may sell: amounts are cents everywhere. */
export const CURRENCIES = [
  'AED', 'AUD', 'BRL', 'CAD', 'CHF', 'CNY', 'CZK', 'DKK', 'EUR', 'GBP', 'HKD', 'ILS', 'INR', 'MXN', 'MYR', 'NOK',
  'NZD', 'PHP', 'PLN', 'RON', 'SAR', 'SEK', 'SGD', 'THB', 'TRY', 'USD', 'ZAR',
] as const // prettier-ignore

export type Currency = (typeof CURRENCIES)[number]
