import { MAX_CENTS } from '../money.ts'
import { foldCase } from '../text.ts'

/**
 * The tokens that 0005_search.sql indexes a product by. A token that is not a word of its text begins with a
 * private-use character, so that no search for words matches it.
 */
const NAME_MARK = '\u{E000}'
export const CATEGORY_MARK = '\u{E001}'
const STOCK_MARK = '\u{E002}'
const PRICE_MARK = '\u{E003}'

const PRICE_DIGITS = String(MAX_CENTS).length

/**
 * Splits a search into words, each in one or two forms: a word that NFKC changes is searched in both, because
 * names are indexed normalized and descriptions as they are.
 */
export function toWords(search: string): string[][] {
  const [given, keys] = [wordsOf(search), wordsOf(foldCase(search))]
  const words = keys.map((key, index) => (keys.length === given.length ? [given[index]!, key] : [key]))
  const [last, earlier] = [words.at(-1), new Map(words.slice(0, -1).map((word) => [word.join(), word]))]
  return last === undefined ? [] : [...earlier.values(), last]
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu) ?? []
}

/**
 * Builds the MATCH expressions for these words, best first: all in the name, some in the name, all anywhere; the
 * last word is a prefix. Each expression also matches everything that the one before it matches.
 */
export function toMatches(words: readonly string[][]): string[] {
  const prefixOf = (index: number) => (index === words.length - 1 ? '*' : '')
  const anywhere = words.map((forms, index) => anyOf(forms, prefixOf(index)))
  const inName = words.map((forms, index) => {
    const marked = forms.map((form) => NAME_MARK + form)
    return `{name_words} : ${anyOf(marked, prefixOf(index))}`
  })
  const some = words.length > 1 ? [`${anywhere.join(' AND ')} AND (${inName.join(' OR ')})`] : []
  return [inName.join(' AND '), ...some, anywhere.join(' AND ')]
}

/** Matches any of these tokens. Quotes keep a token from being read as syntax. */
export function anyOf(tokens: readonly string[], prefix: '' | '*' = ''): string {
  return `(${[...new Set(tokens)].map((token) => `"${token}"${prefix}`).join(' OR ')})`
}

export function stockToken(in_stock: boolean): string {
  return STOCK_MARK + Number(in_stock)
}

/**
 * Tokens that match exactly the prices within the bounds. The tokens of a price are its number of digits in cents,
 * followed by each prefix of it, including the empty one: 12.99 (1299 cents) has 4, 41, 412, 4129 and 41299. So 41
 * matches all prices from 10.00 to 19.99, and round bounds take few tokens.
 */
export function priceTokens(min: number, max: number): string[] {
  const within = (prefix: number, digits: number, missing: number): string[] => {
    const [lowest, highest] = [prefix * 10 ** missing, (prefix + 1) * 10 ** missing - 1]
    if (lowest > max || highest < min) return []
    if (min <= lowest && highest <= max) return [PRICE_MARK + digits.toString(16) + prefix]
    return Array.from({ length: 10 }, (_, digit) => within(prefix * 10 + digit, digits, missing - 1)).flat()
  }
  return Array.from({ length: PRICE_DIGITS }, (_digits, index) => {
    const digits = index + 1
    const first = digits === 1 ? 0 : 1
    const [lowest, highest] = [first * 10 ** index, 10 ** digits - 1]
    if (min <= lowest && highest <= max) return [PRICE_MARK + digits.toString(16)]
    return Array.from({ length: 10 - first }, (_, digit) => within(first + digit, digits, index)).flat()
  }).flat()
}
