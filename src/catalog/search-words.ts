import {
  compoundAround,
  continuesCompound,
  joinedUnspaced,
  joinOf,
  pairsOf,
  partsOf,
  type Segment,
  segmentsOf,
} from './segments.ts'
import { stemOf } from './stem.ts'

/**
 * The words of products and of searches, made by the same rules. 0011_search_words.sql tells where a product's
 * words are stored.
 *
 * A word is indexed as it is, exact, and in softened forms that begin with SOFT_MARK: without an English plural,
 * joined to its neighbour (t-shirt, 750 ml), taken apart (750ml), spelt out (ü as ue, & as and). Scripts without
 * spaces between words are indexed as pairs of characters, so that a search finds a word inside a segment.
 */

/** A private-use character, which no word contains. product-tokens.ts has the other marks. */
export const SOFT_MARK = '\u{E004}'
const SKU_MARK = '\u{E006}'

/** Increase it with every change of the rules: products with words of an older version are then indexed again. */
export const WORDS_VERSION = 2

/**
 * Limits of stored words, which can be many times as long as the text: a row of both fits a statement of 100 KB, so that
 * a restore need not split it (scripts/backup/lines.ts).
 */
const MAX_NAME_BYTES = 20_000
const MAX_DESCRIPTION_BYTES = 75_000

/** A token, or several in a row; the last one as a prefix or whole. */
export interface Form {
  tokens: readonly string[]
  isPrefix: boolean
}

/** A word of a search, which any of its forms finds. The soft forms find everything that the exact ones find. */
export interface SearchedWord {
  exact: Form[]
  soft: Form[]
}

/** The tokens that find a text, separated by spaces. The words of a name are joined more freely. */
export function toIndexedWords(text: string, { isName }: { isName: boolean }): string {
  const segments = segmentsOf(text)
  const belongs = (segment: Segment) => isName || segment.isGlued
  const spaced = segments.filter(({ isUnspaced }) => !isUnspaced)
  const exact = spaced.map((segment) => segment.text)
  const soft = [
    ...spaced.flatMap((segment) => [segment.spelt, ...partsOf(segment.text)]),
    ...segments.flatMap((segment, index) => {
      const before = segments[index - 1]
      const isJoined = before && (belongs(segment) || areShort(before.text, segment.text))
      return [
        ...(isJoined ? joinOf(before, segment) : []),
        ...(continuesCompound(segments, index + 1) ? [] : compoundAround(segments, index)), // once, at its end
      ]
    }),
    ...(/[&＆]/u.test(text) ? ['and'] : []),
  ]
  const known = new Set(exact)
  const softened = [...exact, ...soft].flatMap((word) => [word, stemOf(word)])
  const marked = softened.filter((word) => !known.has(word)).map((word) => SOFT_MARK + word)
  const pairs = segments.filter(({ isUnspaced }) => isUnspaced).flatMap((segment) => pairsOf(segment.text))
  const joinedPairs = joinedUnspaced(segments, belongs)
    .flatMap(pairsOf)
    .map((pair) => SOFT_MARK + pair)
  const tokens = [...new Set([...exact, ...marked]), ...pairs, ...joinedPairs].map(withoutCombining)
  return cut(tokens.join(' '), isName ? MAX_NAME_BYTES : MAX_DESCRIPTION_BYTES)
}

/** The tokens that find a SKU: its words, and one that only a search for all of it has. Empty without a SKU. */
export function toSkuWords(sku: string | null): string {
  return sku === null ? '' : `${toIndexedWords(sku, { isName: true })} ${skuToken(sku)}`.trim()
}

/** The words of a text as one token, which a search for a SKU matches whole. */
export function skuToken(text: string): string {
  const words = segmentsOf(text).map((segment) => segment.text)
  return withoutCombining(SKU_MARK + words.join(SKU_MARK))
}

/** The words of a search, each once. The last one, which may still be being typed, is a prefix. */
export function toSearchedWords(search: string): SearchedWord[] {
  const segments = segmentsOf(search)
  const words = segments.map((segment, index) => [segment.text, searched(segments, index)] as const)
  const last = words.pop()
  return last ? [...new Map(words.filter(([text]) => text !== last[0])).values(), last[1]] : []
}

function searched(segments: readonly Segment[], index: number): SearchedWord {
  const { text, spelt, isUnspaced } = segments[index]!
  if (isUnspaced) return searchedUnspaced(text)
  const isLast = index === segments.length - 1
  const joins = [index - 1, index].flatMap((first) =>
    joinOf(segments[first], segments[first + 1]).map((word) => ({
      word,
      isPrefix: first + 2 === segments.length,
    })),
  )
  const words = [
    ...[text, spelt, ...compoundAround(segments, index)].map((word) => ({ word, isPrefix: isLast })),
    ...joins,
  ]
  const parts = partsOf(text)
  const soft = [
    ...words.flatMap(({ word, isPrefix }) => [
      ...bothForms(word, isPrefix),
      ...(stemOf(word) === word ? [] : bothForms(stemOf(word), false)),
    ]),
    ...(parts.length > 0 ? [toForm(parts, isLast)] : []),
  ]
  return { exact: [toForm([text], isLast)], soft }
}

function searchedUnspaced(text: string): SearchedWord {
  const pairs = pairsOf(text)
  // A single character begins a pair, or stands alone at the end of its segment.
  if (pairs.length === 1) return { exact: [toForm(pairs, true)], soft: [toForm(pairs, true)] }
  const inRow = pairs.slice(0, -1)
  const exact = toForm(inRow, false)
  return {
    exact: [exact],
    soft: [
      exact,
      toForm(
        inRow.map((pair) => SOFT_MARK + pair),
        false,
      ),
    ],
  }
}

const bothForms = (word: string, isPrefix: boolean) => [
  toForm([word], isPrefix),
  toForm([SOFT_MARK + word], isPrefix),
]

const toForm = (words: readonly string[], isPrefix: boolean): Form => ({
  tokens: words.map(withoutCombining),
  isPrefix,
})

/** Whether two words in a description read like one: 750 ml, USB C, wi fi; not with the word “a”. */
function areShort(left: string, right: string): boolean {
  const isPart = (word: string) => /^(?:\p{N}+|[b-z])$/u.test(word)
  return isPart(left) || isPart(right) || (left.length === 2 && right.length === 2)
}

/** FTS5 ends a word at combining characters, such as the vowels of Thai: private-use letters replace them. */
function withoutCombining(word: string): string {
  return word.replace(/\p{M}/gu, (mark) => String.fromCharCode(0xe100 + (mark.codePointAt(0)! & 0xfff)))
}

/** The tokens that fit into so many bytes. */
function cut(tokens: string, max_bytes: number): string {
  const { read } = new TextEncoder().encodeInto(tokens, new Uint8Array(max_bytes))
  return read === tokens.length ? tokens : tokens.slice(0, Math.max(0, tokens.lastIndexOf(' ', read)))
}
