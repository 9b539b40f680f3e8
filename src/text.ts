/** Normalizes and lower-cases a name or e-mail for comparing, sorting and searching. */
export function foldCase(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** Length in code points: an emoji counts as one, not as two UTF-16 units. */
export function lengthOf(text: string): number {
  return [...text].length
}

/** True if the text has at most `max` characters. Stops early for texts that are far too long. */
export function hasAtMost(max: number, text: string): boolean {
  return text.length <= 2 * max && lengthOf(text) <= max
}
