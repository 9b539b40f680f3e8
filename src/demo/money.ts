/** Amounts of the API have no currency: each shop has its own, and says so here. */
const CURRENCY = 'EUR'

const format = new Intl.NumberFormat(undefined, { style: 'currency', currency: CURRENCY })

/** An exact amount as people read it: `1299.99` is €1,299.99 to some and 1.299,99 € to others. */
export function money(amount: string): string {
  return format.format(amount as `${number}`)
}

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

export function moment(at: string): string {
  return moments.format(new Date(at))
}
