export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which this share of all values lies, interpolated between two of them. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (sorted.length - 1) * share
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!]
  return below + (above - below) * (at % 1)
}

/** 1000000 → 1 000 000 */
export function spaced(whole: number): string {
  return String(whole).replaceAll(/\B(?=(?:\d{3})+$)/g, ' ')
}
