import { median, spaced } from './figures.ts'
import type { Results } from './measure.ts'
import {
  BARE,
  BY_PRICE,
  CART,
  FILTERED,
  ONE_PRODUCT,
  ORDERED,
  PAGES,
  PLACE_ORDER,
  type Route,
  ROUTES,
  SEARCHES,
} from './routes.ts'

/** What the shop means to reach, and whether it did. */
export interface Verdict {
  target: string
  /** In a shop of this size. */
  products: number
  wanted: string
  found: string
  met: boolean
}

/** The size that the shares of `select 1` are meant for. */
const USUAL = 100_000

const SHARES: { target: string; routes: Route[]; least: number }[] = [
  { target: 'one product', routes: [ONE_PRODUCT], least: 0.85 },
  { target: 'a page of ten', routes: [...Object.values(PAGES), ...ORDERED], least: 0.6 },
  { target: 'a filtered and sorted page', routes: FILTERED, least: 0.5 },
  { target: 'search', routes: [SEARCHES.rare, SEARCHES.usual], least: 0.4 },
  { target: 'cart', routes: [CART], least: 0.6 },
  { target: 'place order', routes: [PLACE_ORDER], least: 0.35 },
]

/** How much of the req/s must be left of what is to cost the same. */
const SAME = 0.75

/** How many times the time of a rare word a word of all products may take. */
const COMMON_WORD_TIMES = 3

/** Holds the results, of rising sizes, against the targets. */
export function judge(results: readonly Results[]): Verdict[] {
  const [smallest, largest] = [results[0]!, results.at(-1)!]
  const usual = results.find(({ products }) => products === USUAL) ?? largest
  const verdicts: Verdict[] = SHARES.map(({ target, routes, least }) => ({
    target,
    products: usual.products,
    wanted: `≥ ${least} of \`select 1\``,
    ...atLeast(
      least,
      routes.map((route) => [route.name, median(sharesOf(usual, route))]),
    ),
  }))
  const common = quotient(sharesOf(largest, SEARCHES.rare), sharesOf(largest, SEARCHES.common))
  const deep = quotient(sharesOf(largest, PAGES.deep), sharesOf(largest, PAGES.first))
  const deepByPrice = quotient(sharesOf(largest, PAGES.deepByPrice), sharesOf(largest, BY_PRICE))
  verdicts.push(
    {
      target: 'a word of all products',
      products: largest.products,
      wanted: `≤ ${COMMON_WORD_TIMES} times the time of a word of ten`,
      found: common.toFixed(2),
      met: common <= COMMON_WORD_TIMES,
    },
    {
      target: 'a deep page',
      products: largest.products,
      wanted: `≥ ${SAME} of the req/s of the first`,
      ...atLeast(SAME, [
        [PAGES.deep.name, deep],
        [PAGES.deepByPrice.name, deepByPrice],
      ]),
    },
  )
  if (results.length > 1) {
    const compared = ROUTES.filter((route) => route !== BARE)
    verdicts.push({
      target: 'the largest size',
      products: largest.products,
      wanted: `≥ ${SAME} of the req/s at ${spaced(smallest.products)}`,
      ...atLeast(
        SAME,
        compared.map((route) => [route.name, quotient(sharesOf(largest, route), sharesOf(smallest, route))]),
      ),
    })
  }
  return verdicts
}

/** Names what falls short; where nothing does, the lowest. */
function atLeast(least: number, figures: [name: string, figure: number][]): Pick<Verdict, 'found' | 'met'> {
  const rising = figures.toSorted(([, one], [, other]) => one - other)
  const short = rising.filter(([, figure]) => figure < least)
  const named = short.length > 0 ? short : rising.slice(0, 1)
  return {
    found: named
      .map(([name, figure]) => (figures.length === 1 ? '' : `${name} `) + figure.toFixed(2))
      .join(', '),
    met: short.length === 0,
  }
}

/** Of two routes or sizes measured in the same rounds. Shares, because the floor takes the noise out. */
function quotient(these: readonly number[], those: readonly number[]): number {
  return median(these.map((share, round) => share / those[round]!))
}

function sharesOf({ figures }: Results, route: Route): readonly number[] {
  return figures.find(({ name }) => name === route.name)!.rounds
}
