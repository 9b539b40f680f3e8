import { foldText, spellOut } from './fold-text.ts'

/** Letters and digits in a row, all of scripts that write words apart or all of scripts that do not. */
export interface Segment {
  text: string
  /** The same, with ue for ü (spellOut). */
  spelt: string
  /** Of a script without spaces between words, such as Han, kana or Thai. */
  isUnspaced: boolean
  /** Only a hyphen, an apostrophe or the like separates it from the segment before. */
  isGlued: boolean
}

/** Korean has spaces, but people leave them out of compound nouns. */
const UNSPACED =
  '\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{sc=Hang}\\p{sc=Thai}\\p{sc=Laoo}\\p{sc=Khmr}\\p{sc=Mymr}'
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu
const SEGMENT = new RegExp(`(?:[${UNSPACED}]\\p{M}*)+|[^${UNSPACED}]+`, 'gu')
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u')
const GLUE = /^[\p{Pd}−'‘’‛`′ʹ·׳״・./_&]{1,2}$/u
/** To Unicode these are letters. */
const APOSTROPHES = /[ʻʼʽ]/gu

export function segmentsOf(text: string): Segment[] {
  const folded = foldText(text).replace(APOSTROPHES, "'")
  const words = [...folded.matchAll(WORD)]
  const speltWords = [...foldText(spellOut(text)).replace(APOSTROPHES, "'").matchAll(WORD)]
  // Spelling out adds letters only, so both split alike; if they ever do not, words go without.
  const spelt = speltWords.length === words.length ? speltWords : words
  let end = 0
  return words.flatMap(({ 0: word, index }, at) => {
    const glue = folded.slice(end, index)
    end = index + word.length
    const segments = word.match(SEGMENT) ?? []
    return segments.map((segment, part) => ({
      text: segment,
      spelt: segments.length === 1 ? spelt[at]![0] : segment,
      isUnspaced: IS_UNSPACED.test(segment),
      isGlued: part === 0 && at > 0 && GLUE.test(glue),
    }))
  })
}

/** Two neighbours as one word, also spelt out. Empty for two that cannot be one. */
export function joinOf(left: Segment | undefined, right: Segment | undefined): string[] {
  return left && right && canJoin(left, right) ? asOneWord([left, right]) : []
}

/** The three or more glued segments around this one as one word, also spelt out: jack-o'-lantern. */
export function compoundAround(segments: readonly Segment[], index: number): string[] {
  let [first, last] = [index, index]
  while (continuesCompound(segments, first)) first -= 1
  while (continuesCompound(segments, last + 1)) last += 1
  return last - first < 2 ? [] : asOneWord(segments.slice(first, last + 1))
}

/** Whether a segment is glued to the one before, and can be one word with it. */
export function continuesCompound(segments: readonly Segment[], index: number): boolean {
  const segment = segments[index]
  return segment !== undefined && segment.isGlued && canJoin(segments[index - 1]!, segment)
}

/** 1/2 is not 12, but 1 000 and 1.000 are 1000. */
function canJoin(left: Segment, right: Segment): boolean {
  if (left.isUnspaced || right.isUnspaced) return false
  const areNumbers = /\p{N}$/u.test(left.text) && /^\p{N}/u.test(right.text)
  return !areNumbers || (/^\d{1,3}$/.test(left.text) && /^\d{3}$/.test(right.text))
}

function asOneWord(segments: readonly Segment[]): string[] {
  return [
    ...new Set([segments.map(({ text }) => text).join(''), segments.map(({ spelt }) => spelt).join('')]),
  ]
}

/** The longest texts of several unspaced segments in a row that `belong` to the one before. */
export function joinedUnspaced(
  segments: readonly Segment[],
  belongs: (segment: Segment) => boolean,
): string[] {
  const groups: string[][] = []
  segments.forEach((segment, index) => {
    const continues = segment.isUnspaced && segments[index - 1]?.isUnspaced && belongs(segment)
    if (continues) groups.at(-1)!.push(segment.text)
    else groups.push([segment.text])
  })
  return groups.filter(({ length }) => length > 1).map((texts) => texts.join(''))
}

/** Letters and digits apart: 750ml is 750 and ml. Empty for a word of one kind. */
export function partsOf(word: string): string[] {
  const parts = word.match(/\p{N}+|[^\p{N}]+/gu) ?? []
  return parts.length > 1 ? parts : []
}

/** Each two neighbouring characters, and the last one alone. */
export function pairsOf(segment: string): string[] {
  const characters = [...segment]
  return characters.map((character, index) => character + (characters[index + 1] ?? ''))
}
