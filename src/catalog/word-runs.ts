import { foldText, spellOut } from './fold-text.ts'

/** Letters and digits in a row, all of scripts that write words apart or all of scripts that do not. */
export interface Run {
  text: string
  /** The same, with ue for ü (spellOut). */
  spelt: string
  /** Of a script without spaces between words, such as Han, kana or Thai. */
  isUnspaced: boolean
  /** Only a hyphen, an apostrophe or the like separates it from the run before. */
  isGlued: boolean
}

/** Korean has spaces, but people leave them out of compound nouns. */
const UNSPACED =
  '\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{sc=Hang}\\p{sc=Thai}\\p{sc=Laoo}\\p{sc=Khmr}\\p{sc=Mymr}'
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu
const RUN = new RegExp(`(?:[${UNSPACED}]\\p{M}*)+|[^${UNSPACED}]+`, 'gu')
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u')
const GLUE = /^[\p{Pd}−'‘’‛`′ʹ·׳״・./_&]{1,2}$/u
/** To Unicode these are letters. */
const APOSTROPHES = /[ʻʼʽ]/gu

export function runsOf(text: string): Run[] {
  const folded = foldText(text).replace(APOSTROPHES, "'")
  const spelt = [...foldText(spellOut(text)).replace(APOSTROPHES, "'").matchAll(WORD)]
  let end = 0
  return [...folded.matchAll(WORD)].flatMap(({ 0: word, index }, at) => {
    const glue = folded.slice(end, index)
    end = index + word.length
    const runs = word.match(RUN) ?? []
    return runs.map((run, part) => ({
      text: run,
      spelt: runs.length === 1 ? spelt[at]![0] : run,
      isUnspaced: IS_UNSPACED.test(run),
      isGlued: part === 0 && at > 0 && GLUE.test(glue),
    }))
  })
}

/** Two neighbours as one word. 1/2 is not 12, but 1 000 and 1.000 are 1000. */
export function joinOf(left: Run | undefined, right: Run | undefined): string[] {
  if (!left || !right || left.isUnspaced || right.isUnspaced) return []
  const areNumbers = /\p{N}$/u.test(left.text) && /^\p{N}/u.test(right.text)
  const areThousands = /^\d{1,3}$/.test(left.text) && /^\d{3}$/.test(right.text)
  return areNumbers && !areThousands ? [] : [left.text + right.text]
}

/** Three or more glued runs that end here, as one word: jack-o'-lantern. */
export function compoundsAt(runs: readonly Run[], end: number): string[] {
  if (runs[end + 1]?.isGlued) return []
  let first = end
  while (first > 0 && runs[first]!.isGlued && joinOf(runs[first - 1], runs[first]).length > 0) first -= 1
  const parts = runs.slice(first, end + 1).map(({ text }) => text)
  return parts.length > 2 ? [parts.join('')] : []
}

/** The longest texts of several unspaced runs in a row that `belong` to the one before. */
export function joinedUnspaced(runs: readonly Run[], belongs: (run: Run) => boolean): string[] {
  const groups: string[][] = []
  runs.forEach((run, index) => {
    const continues = run.isUnspaced && runs[index - 1]?.isUnspaced && belongs(run)
    if (continues) groups.at(-1)!.push(run.text)
    else groups.push([run.text])
  })
  return groups.filter(({ length }) => length > 1).map((texts) => texts.join(''))
}

/** Letters and digits apart: 750ml is 750 and ml. Empty for a word of one kind. */
export function partsOf(word: string): string[] {
  const parts = word.match(/\p{N}+|[^\p{N}]+/gu) ?? []
  return parts.length > 1 ? parts : []
}

/** Each two neighbouring characters, and the last one alone. */
export function pairsOf(run: string): string[] {
  const characters = [...run]
  return characters.map((character, index) => character + (characters[index + 1] ?? ''))
}
