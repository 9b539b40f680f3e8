/** Money is integer cents inside and a decimal string with two places outside. */

/** 99 999 999.99, the most a price or a total may be. */
export const MAX_CENTS = 9_999_999_999

/** Cents of a decimal such as `"1299.9"`; undefined unless it has at most two places. */
export function toCents(decimal: string): number | undefined {
  const [, whole, places = ''] = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(decimal) ?? []
  return whole === undefined ? undefined : Number(whole + places.padEnd(2, '0'))
}

/** `129999` → `"1299.99"`. A bigint for sums that may leave 2⁵³. */
export function toMoney(cents: number | bigint): string {
  const digits = String(cents).padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`
}
