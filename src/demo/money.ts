/** The shop's currency; amounts of the API have none. */
const CURRENCY = 'EUR'

const format = new Intl.NumberFormat(undefined, { style: 'currency', currency: CURRENCY })

/** Formats an exact amount for the user's locale: `1299.99` as €1,299.99 or 1.299,99 €. */
export function money(amount: string): string {
  return format.format(amount as `${number}`)
}

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

export function moment(at: string): string {
  return moments.format(new Date(at))
}
