/** The form in which names and e-mails are compared, sorted and found. */
export function foldCase(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** Length as people count it: an emoji is one, not two UTF-16 units. */
export function lengthOf(text: string): number {
  return [...text].length
}
