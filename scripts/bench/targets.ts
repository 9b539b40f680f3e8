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
  SELECT_1,
} from './routes.ts'

/** What the shop means to reach, and whether it did. */
export interface Verdict {
  target: string
  /** In a shop of this size. */
  products: number
  wanted: string
  /** By req/s, which decides: what falls short, or the lowest. */
  found: string
  /** The same by CPU time, which other work on the machine disturbs less. */
  by_cpu: string
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

/** How much must be left of what is to cost the same. */
const SAME = 0.75

/** How many times the time of a rare word a word of all products may take. */
const COMMON_WORD_TIMES = 3

/** Holds the results, of rising sizes, against the targets. */
export function judge(results: readonly Results[]): Verdict[] {
  return targetsOf(results).map(({ holds, figures, ...named }) => {
    const found = figures(byRequests)
    const met = found.every(([, figure]) => holds(figure))
    return { ...named, found: tell(found, holds), by_cpu: tell(figures(byCpu), holds), met }
  })
}

interface Target extends Pick<Verdict, 'target' | 'products' | 'wanted'> {
  holds(figure: number): boolean
  figures(gauge: Gauge): Figure[]
}

type Figure = [name: string, figure: number]

/** What share of `select 1` a route has, one figure a round or one for all. */
type Gauge = (results: Results, route: Route) => readonly number[]

const byRequests: Gauge = ({ figures }, route) => figures.find(({ name }) => name === route.name)!.rounds

const byCpu: Gauge = ({ figures }, route) => {
  const cpuOf = (wanted: Route) => figures.find(({ name }) => name === wanted.name)!.cpu_ms ?? NaN
  return [cpuOf(SELECT_1) / cpuOf(route)]
}

function targetsOf(results: readonly Results[]): Target[] {
  const [smallest, largest] = [results[0]!, results.at(-1)!]
  const usual = results.find(({ products }) => products === USUAL) ?? largest
  const costsTheSame = (figure: number) => figure >= SAME
  const targets: Target[] = SHARES.map(({ target, routes, least }) => ({
    target,
    products: usual.products,
    wanted: `≥ ${least} of \`select 1\``,
    holds: (share) => share >= least,
    figures: (gauge) => routes.map((route) => [route.name, median(gauge(usual, route))]),
  }))
  targets.push(
    {
      target: 'a word of all products',
      products: largest.products,
      wanted: `≤ ${COMMON_WORD_TIMES} times the time of a word of ten`,
      holds: (times) => times <= COMMON_WORD_TIMES,
      figures: (gauge) => [['', quotient(gauge(largest, SEARCHES.rare), gauge(largest, SEARCHES.common))]],
    },
    {
      target: 'a deep page',
      products: largest.products,
      wanted: `≥ ${SAME} of the first`,
      holds: costsTheSame,
      figures: (gauge) =>
        [[PAGES.deep, PAGES.first] as const, [PAGES.deepByPrice, BY_PRICE] as const].map(([deep, first]) => [
          deep.name,
          quotient(gauge(largest, deep), gauge(largest, first)),
        ]),
    },
  )
  if (smallest !== largest) {
    targets.push({
      target: 'everything',
      products: largest.products,
      wanted: `≥ ${SAME} of itself at ${spaced(smallest.products)}`,
      holds: costsTheSame,
      figures: (gauge) =>
        ROUTES.filter((route) => route !== BARE).map((route) => [
          route.name,
          quotient(gauge(largest, route), gauge(smallest, route)),
        ]),
    })
  }
  return targets
}

/** Of two routes or sizes measured in the same rounds. Of shares, because the floor takes noise out. */
function quotient(these: readonly number[], those: readonly number[]): number {
  return median(these.map((share, round) => share / those[round]!))
}

/** Names what falls short; where nothing does, the lowest. */
function tell(figures: Figure[], holds: (figure: number) => boolean): string {
  if (figures.some(([, figure]) => Number.isNaN(figure))) return '–'
  const rising = figures.toSorted(([, one], [, other]) => one - other)
  const short = rising.filter(([, figure]) => !holds(figure))
  const told = short.length > 0 ? short : rising.slice(0, 1)
  return told.map(([name, figure]) => (figures.length === 1 ? '' : `${name} `) + figure.toFixed(2)).join(', ')
}
