/** Of every price in the shop; unknown until the shop has said it. */
let ofShop: string | undefined

export function setCurrency(currency: string): void {
  ofShop = currency
}

const formats = new Map<string, Intl.NumberFormat>()

function formatOf(currency: string): Intl.NumberFormat {
  const format = formats.get(currency) ?? new Intl.NumberFormat(undefined, { style: 'currency', currency })
  formats.set(currency, format)
  return format
}

/**
 * Formats an exact amount for the user's locale: `1299.99` as €1,299.99 or 1.299,99 €. Without a currency in that of
 * the shop; an order has its own, since the shop may have changed.
 */
export function money(amount: string, currency = ofShop): string {
  return currency === undefined ? amount : formatOf(currency).format(amount as `${number}`)
}

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

export function moment(at: string): string {
  return moments.format(new Date(at))
}
