/** Money is integer cents in the code and a decimal string with two places in the API. */

/** 99 999 999.99, the largest price or total. */
export const MAX_CENTS = 9_999_999_999

/** 100 %. Rates are percentages with two places, in basis points, and are read and written as money is. */
export const MAX_TAX_RATE = 10_000

/** Parses a decimal amount such as `"1299.9"` into cents; undefined if it has more than two places other than zeros. */
export function toCents(decimal: string): number | undefined {
  const [, whole, places = ''] = /^(\d{1,12})(?:\.(\d{1,2})0*)?$/.exec(decimal) ?? []
  return whole === undefined ? undefined : Number(whole + places.padEnd(2, '0'))
}

/** `129999` → `"1299.99"`. Takes a bigint for sums that may exceed 2⁵³. */
export function toMoney(cents: number | bigint): string {
  const digits = String(cents).padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`
}
