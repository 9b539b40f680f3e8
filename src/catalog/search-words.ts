import { foldText, spellOut } from './fold-text.ts'

/**
 * The words of a product and of a search, by the same rules: what is indexed and what is asked both come
 * through here. 0011_search_words.sql tells where the words are kept.
 *
 * A word is indexed as it is, exact, and in softened forms, each marked with SOFT_MARK: without an English
 * plural, joined to its neighbour (t-shirt, 750 ml), taken apart (750ml), spelt out (ü as ue, & as and). Scripts that
 * do not put spaces between words are indexed as pairs of characters, so that a word is found inside a run.
 */

/** A letter for private use, of which no word consists. product-tokens.ts has the other marks. */
export const SOFT_MARK = '\u{E004}'

/** To be raised with every change of the rules: products with words of an older version are indexed again. */
export const WORDS_VERSION = 1

/** A token, or several in a row, looked for whole or as the beginning of one. */
export interface Form {
  tokens: readonly string[]
  isPrefix: boolean
}

/** A word of a search: it is found by any of its exact forms, and less exactly by any of its soft ones. */
export interface SearchedWord {
  exact: Form[]
  soft: Form[]
}

/** A run of letters and digits of one kind of script. */
interface Run {
  text: string
  /** The same, spelt out. */
  spelt: string
  isUnspaced: boolean
  /** Follows the run before it after no more than a hyphen, an apostrophe or the like. */
  isGlued: boolean
}

const UNSPACED =
  '\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{sc=Hang}\\p{sc=Thai}\\p{sc=Laoo}\\p{sc=Khmr}\\p{sc=Mymr}'
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu
const RUN = new RegExp(`(?:[${UNSPACED}]\\p{M}*)+|[^${UNSPACED}]+`, 'gu')
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u')
/** Letters for apostrophes are taken for apostrophes. */
const GLUE = /^[\p{Pd}−'‘’‛`′ʹ·׳״./_&]{1,2}$/u
const APOSTROPHES = /[ʻʼʽ]/gu

function runsOf(text: string): Run[] {
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

/** The tokens by which a text is found, separated by spaces. The words of a name are joined more freely. */
export function toIndexedWords(text: string, { isName }: { isName: boolean }): string {
  const runs = runsOf(text)
  const exact = runs.filter(({ isUnspaced }) => !isUnspaced).map((run) => run.text)
  const joined = runs.flatMap((run, index) => {
    const before = runs[index - 1]
    const belong =
      before &&
      (isName ||
        run.isGlued ||
        isLetter(before.text) ||
        [before, run].some(({ text: word }) => isNumber(word)))
    return [...(belong ? joinOf(before, run) : []), ...compoundsAt(runs, index)]
  })
  const soft = [
    ...runs.filter(({ isUnspaced }) => !isUnspaced).flatMap((run) => [run.spelt, ...partsOf(run.text)]),
    ...joined,
    ...(/[&＆]/u.test(text) ? ['and'] : []),
  ]
  const softened = [...exact, ...soft].flatMap((word) => [word, stemOf(word)])
  const known = new Set(exact)
  const marked = softened.filter((word) => !known.has(word)).map((word) => SOFT_MARK + word)
  const pairs = runs.filter(({ isUnspaced }) => isUnspaced).flatMap((run) => pairsOf(run.text))
  return [...new Set([...exact, ...marked]), ...pairs].map(withoutCombining).join(' ')
}

/** The words of a search, each once. The last may still be being typed: it is looked for as a prefix. */
export function toSearchedWords(search: string): SearchedWord[] {
  const runs = runsOf(search)
  const words = runs.map((run, index) => [run.text, searched(runs, index)] as const)
  const last = words.pop()
  return last ? [...new Map(words.filter(([text]) => text !== last[0])).values(), last[1]] : []
}

function searched(runs: readonly Run[], index: number): SearchedWord {
  const { text, spelt, isUnspaced } = runs[index]!
  const isLast = index === runs.length - 1
  if (isUnspaced) {
    const pairs = pairsOf(text)
    // A single character is the beginning of a pair, or stands alone at the end of its run.
    const form = pairs.length === 1 ? toForm(text, true) : { tokens: pairs.slice(0, -1), isPrefix: false }
    const exact = [{ ...form, tokens: form.tokens.map(withoutCombining) }]
    return { exact, soft: exact }
  }
  const joins = [index - 1, index].flatMap((first) =>
    joinOf(runs[first], runs[first + 1]).map((word) => ({ word, isPrefix: first + 2 === runs.length })),
  )
  const compounds = runs.flatMap((_, end) =>
    end >= index ? compoundsAt(runs, end).filter((word) => word.includes(text)) : [],
  )
  const given = [
    { word: text, isPrefix: isLast },
    { word: spelt, isPrefix: isLast },
    ...joins,
    ...compounds.map((word) => ({ word, isPrefix: isLast })),
  ]
  const soft = given.flatMap(({ word, isPrefix }) => [
    ...bothForms(word, isPrefix),
    ...(stemOf(word) === word ? [] : bothForms(stemOf(word), false)),
  ])
  return { exact: [toForm(text, isLast)], soft }
}

const bothForms = (word: string, isPrefix: boolean) => [
  toForm(word, isPrefix),
  toForm(SOFT_MARK + word, isPrefix),
]

const toForm = (word: string, isPrefix: boolean): Form => ({ tokens: [withoutCombining(word)], isPrefix })

/** Two neighbours as one word, where that makes sense: 1/2 is not 12. */
function joinOf(left: Run | undefined, right: Run | undefined): string[] {
  if (!left || !right || left.isUnspaced || right.isUnspaced) return []
  return /\p{N}$/u.test(left.text) && /^\p{N}/u.test(right.text) ? [] : [left.text + right.text]
}

/** Three runs or more with hyphens in between that end here, as one word: jack-o'-lantern. */
function compoundsAt(runs: readonly Run[], end: number): string[] {
  if (runs[end + 1]?.isGlued) return []
  let first = end
  while (first > 0 && runs[first]!.isGlued && !runs[first]!.isUnspaced) first -= 1
  const parts = runs.slice(first, end + 1).map(({ text }) => text)
  return parts.length > 2 ? [parts.join('')] : []
}

const isNumber = (word: string) => /^\p{N}+$/u.test(word)
/** But for the article. */
const isLetter = (word: string) => /^[b-z]$/u.test(word)

/** Letters and digits apart: 750ml is 750 and ml. */
function partsOf(word: string): string[] {
  const parts = word.match(/\p{N}+|[^\p{N}]+/gu) ?? []
  return parts.length > 1 ? parts : []
}

/** Each two characters in a row, and the last alone. */
function pairsOf(run: string): string[] {
  const characters = [...run]
  return characters.map((character, index) => character + (characters[index + 1] ?? ''))
}

/** The tokenizer takes combining characters, as Thai has for vowels, for the end of a word: letters for private use. */
function withoutCombining(word: string): string {
  return word.replace(/\p{M}/gu, (mark) => String.fromCharCode(0xe100 + (mark.codePointAt(0)! & 0xfff)))
}

const IRREGULAR: Record<string, string> = {
  men: 'man', women: 'woman', children: 'child', feet: 'foot', teeth: 'tooth', geese: 'goose', mice: 'mouse',
} // prettier-ignore

/**
 * The same for an English word and its plural, and not always a word: box and boxes, berry and berries, knif
 * for knife and knives. Lighter than the stemmers of Porter and Snowball, for which fishing is a fish.
 */
export function stemOf(word: string): string {
  if (!/^[a-z]{3,}$/.test(word)) return word
  const singular = withoutS(word)
  const base = Object.hasOwn(IRREGULAR, singular) ? IRREGULAR[singular]! : singular
  const shortened = base.replace(/(?<=..)ie$/, 'y').replace(/(?<=..|.[cs])(?<=[sxzofv]|[cs]h)e$/, '')
  return withoutS(shortened).replace(/v$/, 'f').replace(/zz$/, 'z')
}

/** At least three letters stay, so that a bus and a gas do. */
function withoutS(word: string): string {
  return /..[^s]s$/.test(word) ? word.slice(0, -1) : word
}
