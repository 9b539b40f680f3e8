import { foldText } from './fold-text.ts'

/** Bounds what an index entry and a cursor take. */
const MOST_CHARACTERS = 256

/**
 * What names sort by, byte for byte: accents beside their letter, case and quotation marks aside, numbers by value. A number
 * follows the count of its digits, so that 10 (0210) comes after 2 (012); not so behind a decimal separator.
 */
export function sortKeyOf(name: string): string {
  const key = foldText(name)
    .replace(/[\p{Pi}\p{Pf}"'„‚]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/^[^\p{L}\p{N}]+(?=[\p{L}\p{N}])/u, '')
    .replace(/(?<!\d[.,]?)\d+|(?<=\p{L}[.,])\d+/gu, (digits) => {
      const number = digits.replace(/^0+(?=\d)/u, '')
      return String(Math.min(number.length, 99)).padStart(2, '0') + number
    })
  return key.slice(0, MOST_CHARACTERS).toWellFormed()
}
