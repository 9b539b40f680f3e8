import { toMoney } from './money.ts'

/**
 * Tax contained in gross prices, as SQL expressions of integers, because an order is taxed in the batch that places it.
 * Rates are basis points. No multiplication exceeds 64 bits: `gross` is divided before it is multiplied by a rate.
 */

const divisor = (rate: string) => `(10000 + ${rate})`

const floor = (gross: string, rate: string) =>
  `(${gross} / ${divisor(rate)} * ${rate} + ${gross} % ${divisor(rate)} * ${rate} / ${divisor(rate)})`

const remainder = (gross: string, rate: string) =>
  `(${gross} % ${divisor(rate)} * ${rate} % ${divisor(rate)})`

/** The tax contained in a sum: gross × rate / (100 % + rate), half a cent rounded up. NULL without a rate. */
export function taxOfSum(gross: string, rate: string): string {
  return `(${floor(gross, rate)} + (2 * ${remainder(gross, rate)} >= ${divisor(rate)}))`
}

/**
 * The tax of each row of a SELECT: those of one rate add up to the tax of their sum. The cents that rounding down
 * leaves go to the rows with the largest remainders, those of equal ones by `key`, so that the order of the rows does
 * not matter.
 */
export function taxOfRow(gross: string, rate: string, key: string): string {
  const ofRate = `(PARTITION BY ${rate})`
  const place = `row_number() OVER (PARTITION BY ${rate} ORDER BY ${remainder(gross, rate)} DESC, ${key})`
  const left = `${taxOfSum(`(sum(${gross}) OVER ${ofRate})`, rate)} - sum(${floor(gross, rate)}) OVER ${ofRate}`
  return `(${floor(gross, rate)} + (${place} <= ${left}))`
}

/**
 * The share of each row of a SELECT in an amount, in proportion to its `weight` in `all`; the shares add up to the
 * amount. If all weights are zero, the highest rate has it all. `amount` times `all` must stay below 2⁶³.
 */
export function shareOfRow(amount: string, weight: string, all: string, rate: string): string {
  const share = `(${amount} * ${weight} / ${all})`
  const place = `row_number() OVER (ORDER BY ${amount} * ${weight} % ${all} DESC, ${rate} DESC)`
  const first = `row_number() OVER (ORDER BY ${rate} DESC) = 1`
  return `ifnull(${share} + (${place} <= ${amount} - sum(${share}) OVER ()), iif(${first}, ${amount}, 0))`
}

/** The tax contained in amounts of one rate. */
export interface Tax {
  rate: string
  net: string
  tax: string
}

/** What an amount is taxed by. Without `tax`, which orders keep, the tax of the sum is calculated. */
interface Taxed {
  rate: number | null
  gross: number
  tax?: number | null
}

/** Sums amounts by rate, the highest first. Those without a rate are left out. */
export function toTaxes(amounts: readonly Taxed[]): Tax[] {
  const rates = [...new Set(amounts.flatMap(({ rate }) => rate ?? []))].toSorted((one, other) => other - one)
  return rates.map((rate) => {
    const ofRate = amounts.filter((amount) => amount.rate === rate)
    const gross = sum(ofRate.map((amount) => amount.gross))
    const isKept = ofRate.every(({ tax }) => tax !== undefined)
    const tax = isKept ? sum(ofRate.map((amount) => amount.tax!)) : taxIn(gross, BigInt(rate))
    return { rate: toMoney(rate), net: toMoney(gross - tax), tax: toMoney(tax) }
  })
}

/** As `taxOfSum`; the sum of a cart may exceed 2⁵³. */
function taxIn(gross: bigint, rate: bigint): bigint {
  const whole = 10_000n + rate
  return (2n * gross * rate + whole) / (2n * whole)
}

function sum(amounts: readonly number[]): bigint {
  return amounts.reduce((total, amount) => total + BigInt(amount), 0n)
}
