const IRREGULAR: Record<string, string> = {
  people: 'person', children: 'child', feet: 'foot', teeth: 'tooth', geese: 'goose', mice: 'mouse',
} // prettier-ignore

/**
 * The same text for an English noun and its plural, not always a word: box and boxes, berry and berries, knif for
 * knife and knives. Lighter than the stemmers of Porter and Snowball, which also equate fishing and fish.
 */
export function stemOf(word: string): string {
  if (!/^[a-z]{3,}$/.test(word)) return word
  const singular = withoutS(word)
  const base = Object.hasOwn(IRREGULAR, singular) ? IRREGULAR[singular]! : singular
  const shortened = base
    .replace(/men$/, 'man')
    .replace(/(?<=..)ie$|(?<=...)i$/, 'y') // the second: berri, while berries is being typed
    .replace(/(?<=[sxzofv]|[cs]h)e$/, '')
  return withoutS(shortened).replace(/v$/, 'f').replace(/zz$/, 'z')
}

/** Leaves at least three letters: bus and gas are no plurals. */
function withoutS(word: string): string {
  return /..[^s]s$/.test(word) ? word.slice(0, -1) : word
}
