/** Normalizes and lower-cases a name or e-mail, to compare it. */
export function foldCase(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** The form in which unique names are compared: also without invisible characters, and with single spaces. */
export function nameKey(name: string): string {
  return foldCase(name)
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** Whether anything of a text can be seen: not if it consists of spaces, joiners, fillers and the like. */
export function isVisible(text: string): boolean {
  return /[^\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800\u{1D159}]/u.test(text)
}

/** Length in code points: an emoji counts as one, not as two UTF-16 units. */
export function lengthOf(text: string): number {
  return [...text].length
}

/** True if the text has at most `max` characters. Stops early for texts that are far too long. */
export function hasAtMost(max: number, text: string): boolean {
  return text.length <= 2 * max && lengthOf(text) <= max
}

/** Unicode encodes the digits of each script in a row, from 0 to 9; some rows touch. `٣` → `3`. */
export function toAsciiDigit(digit: string): string {
  const code = digit.codePointAt(0)!
  let zero = code
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1
  return String((code - zero) % 10)
}
