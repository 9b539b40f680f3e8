import { median, quantile } from './figures.ts'
import type { Probe, Slice, Usage } from './probe.ts'
import { BARE, type Route, SELECT_1 } from './routes.ts'

export interface Settings {
  rounds: number
  connections: number
  /** Duration of one measurement of a route; half of it for the baseline. */
  seconds: number
}

/** The figures of one route in one shop: medians of the rounds, and quantiles of the latencies of all of them. */
export interface Figures extends Usage {
  name: string
  requests_per_second: number
  p50_ms: number
  p99_ms: number
  /** workerd's CPU time per request; undefined where it is unknown. */
  cpu_ms: number | undefined
  /** req/s as a share of the baselines. */
  of_select_1: number
  of_bare: number | undefined
  /** CPU time as a multiple of that of `select 1`. */
  cpu_of_select_1: number | undefined
  /** The same route at the earlier commit; undefined without one, or if it has no such route. */
  earlier: ({ cpu_ratio: number | undefined; rate_ratio: number } & Usage) | undefined
  /** `of_select_1` of each round. */
  rounds: number[]
}

export interface Results {
  products: number
  figures: Figures[]
}

interface Series {
  usage: Usage
  /** req/s of the last slice, which decides how many requests the next one has. */
  rate: number
  slices: Slice[]
  /** Of `select 1`, the means of just before and just after each slice. */
  baselines: Slice[]
  /** Of the earlier commit, just after each slice. */
  earlier?: { route: Route; usage: Usage; slices: Slice[] } | undefined
}

/** Warm-up requests per connection. */
const WARM_UP = 25

/**
 * The measurements of one shop, one round at a time, so that several shops can take turns. If the shop of an earlier
 * commit is given, each route is measured there as well, in the same moment.
 */
export class Measurements {
  readonly #current: Probe
  readonly #earlier: Probe | undefined
  readonly #settings: Settings
  readonly #series = new Map<Route, Series>()

  constructor(current: Probe, earlier: Probe | undefined, settings: Settings) {
    this.#current = current
    this.#earlier = earlier
    this.#settings = settings
  }

  /** Requests each route once to read its use of D1, and warms it up. */
  async warmUp(progress: (route: string) => void): Promise<void> {
    const amount = WARM_UP * this.#settings.connections
    for (const route of [SELECT_1, ...this.#current.routes]) {
      progress(route.name)
      const usage = await this.#current.usageOf(route)
      const { requests_per_second: rate } = await this.#current.slice(route, amount)
      const series: Series = { usage, rate, slices: [], baselines: [] }
      this.#series.set(route, series)
      const same = this.#earlier?.routes.find(({ name }) => name === route.name)
      if (!same) continue
      series.earlier = { route: same, usage: await this.#earlier!.usageOf(same), slices: [] }
      await this.#earlier!.slice(same, amount)
    }
  }

  /** Measures each route between two measurements of `select 1`, since the load of the machine may change. */
  async round(progress: (route: string) => void): Promise<void> {
    let before = await this.#measure(SELECT_1, 1 / 2)
    this.#series.get(SELECT_1)!.baselines.push(before)
    for (const route of this.#current.routes) {
      progress(route.name)
      const { rate, earlier, baselines } = this.#series.get(route)!
      await this.#measure(route, 1)
      if (earlier)
        earlier.slices.push(await this.#earlier!.slice(earlier.route, rate * this.#settings.seconds))
      const after = await this.#measure(SELECT_1, 1 / 2)
      baselines.push(meanOf(before, after))
      before = after
    }
  }

  results(): Results {
    const bare = this.#series.get(BARE)?.slices
    const figures = [...this.#series].map(([route, { usage, baselines, earlier, ...series }]): Figures => {
      const slices = route === SELECT_1 ? baselines : series.slices
      const latencies = slices.flatMap(({ latencies_ms }) => latencies_ms)
      const shares = ratios(slices, baselines, rateOf)
      return {
        name: route.name,
        requests_per_second: median(slices.map(rateOf)),
        p50_ms: quantile(latencies, 0.5),
        p99_ms: quantile(latencies, 0.99),
        cpu_ms: medianOf(slices.map(cpuOf)),
        ...usage,
        of_select_1: median(shares),
        of_bare: bare && median(ratios(slices, bare, rateOf)),
        cpu_of_select_1: medianOf(ratios(slices, baselines, cpuOf)),
        earlier: earlier && {
          ...earlier.usage,
          cpu_ratio: medianOf(ratios(slices, earlier.slices, cpuOf)),
          rate_ratio: median(ratios(slices, earlier.slices, rateOf)),
        },
        rounds: shares,
      }
    })
    return { products: this.#current.shop.products, figures }
  }

  async #measure(route: Route, share: number): Promise<Slice> {
    const series = this.#series.get(route)!
    const slice = await this.#current.slice(route, series.rate * this.#settings.seconds * share)
    series.rate = slice.requests_per_second
    series.slices.push(slice)
    return slice
  }
}

const rateOf = ({ requests_per_second }: Slice) => requests_per_second
/** NaN where it is unknown. */
const cpuOf = ({ cpu_ms = Number.NaN }: Slice) => cpu_ms

/** What `figure` says of each slice, as a multiple of the other slice of its round. */
function ratios(slices: readonly Slice[], others: readonly Slice[], figure: (slice: Slice) => number) {
  return slices.map((slice, round) => figure(slice) / figure(others[round]!))
}

function medianOf(values: readonly number[]): number | undefined {
  return values.some(Number.isNaN) ? undefined : median(values)
}

function meanOf(one: Slice, other: Slice): Slice {
  return {
    requests_per_second: (rateOf(one) + rateOf(other)) / 2,
    latencies_ms: [...one.latencies_ms, ...other.latencies_ms],
    cpu_ms: (cpuOf(one) + cpuOf(other)) / 2,
  }
}
