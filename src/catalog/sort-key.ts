import { foldText } from './fold-text.ts'

/** Bounds index entries and cursors. */
const MOST_CHARACTERS = 256

/**
 * The key that names are sorted by, byte for byte: without case, accents and quotation marks, and with numbers in
 * the order of their values. A number follows its number of digits, so that 10 (0210) comes after 2 (012), except
 * after a decimal separator.
 */
export function sortKeyOf(name: string): string {
  const key = foldText(name)
    .replace(/[\p{Pi}\p{Pf}"'„‚]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/^[^\p{L}\p{N}]+(?=[\p{L}\p{N}])/u, '')
    .replace(/(?<!\d[.,]?)\d+/gu, (digits) => {
      const number = digits.replace(/^0+(?=\d)/u, '')
      return String(Math.min(number.length, 99)).padStart(2, '0') + number
    })
  return key.slice(0, MOST_CHARACTERS).toWellFormed()
}
