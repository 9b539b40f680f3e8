import { MAX_CENTS } from '../money.ts'
import { type Form, type SearchedWord, skuToken } from './search-words.ts'

/**
 * The tokens that 0015_product_fields.sql indexes a product by. A token that is not a word of its text begins with a
 * private-use character, so that no search for words matches it.
 */
const NAME_MARK = '\u{E000}'
export const CATEGORY_MARK = '\u{E001}'
const STOCK_MARK = '\u{E002}'
export const DRAFT_TOKEN = '\u{E005}'
const PRICE_MARK = '\u{E003}'

const PRICE_DIGITS = String(MAX_CENTS).length

/** MATCH expressions of a search. */
export interface Ranking {
  /** Best first. A product matches at most one of them. */
  ranks: string[]
  /** Matches the products of all ranks. */
  all: string
}

/**
 * Ranks products by these words: all in the name, some in the name, all anywhere; then all in the name and all anywhere
 * in softened forms. Before them comes the product with this SKU, if there is a digit in it.
 *
 * Each rank leaves out only what an earlier one can have: every expression costs a lookup of each of its words.
 */
export function toRanking(words: readonly SearchedWord[], search: string): Ranking {
  const inNames = words.map(({ exact }) => inName(exact))
  const [allInName, someInName] = [inNames.join(' AND '), inNames.join(' OR ')]
  const exact = words.map((word) => anyForm(word.exact)).join(' AND ')
  const softInName = words.map(({ soft }) => inName(soft)).join(' AND ')
  const soft = words.map((word) => anyForm(word.soft)).join(' AND ')
  const ranks = [
    allInName,
    ...(words.length > 1 ? [`${exact} AND (${someInName}) NOT (${allInName})`] : []),
    `(${exact}) NOT (${someInName})`,
    `(${softInName}) NOT (${exact})`,
    `(${soft}) NOT (${exact}) NOT (${softInName})`,
  ]
  if (!/\p{N}/u.test(search)) return { ranks, all: soft }
  const sku = `{words} : "${skuToken(search)}"`
  return { ranks: [sku, ...ranks.map((rank) => `(${rank}) NOT (${sku})`)], all: soft }
}

function inName(forms: readonly Form[]): string {
  return `{name_words} : ${anyForm(forms, NAME_MARK)}`
}

/** Matches any of these forms. Quotes keep a token from being read as syntax. */
function anyForm(forms: readonly Form[], mark = ''): string {
  const phrases = forms.map(({ tokens, isPrefix }) => {
    const phrase = tokens.map((token) => mark + token).join(' ')
    return `"${phrase}"${isPrefix ? '*' : ''}`
  })
  return `(${[...new Set(phrases)].join(' OR ')})`
}

/** Matches any of these tokens of the facets. */
export function anyOf(tokens: readonly string[]): string {
  return `(${tokens.map((token) => `"${token}"`).join(' OR ')})`
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
