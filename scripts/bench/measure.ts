import { cpuOf } from './cpu.ts'
import { median, quantile } from './figures.ts'
import { type Load, SHOWN_CHARACTERS } from './load.ts'
import { BARE, type Route, ROUTES, SELECT_1 } from './routes.ts'
import type { Shop } from './shop.ts'

export interface Settings {
  rounds: number
  connections: number
  /** Duration of one measurement of a route; half of it for the baseline. */
  seconds: number
}

/** The figures of one route in one shop. */
export interface Figures {
  name: string
  requests_per_second: number
  p50_ms: number
  p99_ms: number
  /** workerd's CPU time per request; undefined where it is unknown. */
  cpu_ms: number | undefined
  /** Round trips to D1 and the rows they read, from Server-Timing; undefined for the baselines. */
  trips: number | undefined
  rows_read: number | undefined
  /** req/s as a share of the baselines: medians of the rounds. */
  of_select_1: number
  of_bare: number
  /** `of_select_1` of each round. */
  rounds: number[]
}

export interface Results {
  products: number
  figures: Figures[]
}

interface Slice {
  requests_per_second: number
  latencies_ms: number[]
  cpu_ms: number | undefined
}

interface Series {
  usage: Usage
  /** req/s of the last slice, which decides how many requests the next one has. */
  rate: number
  slices: Slice[]
  /** req/s as a share of `select 1` just before and after. */
  shares: number[]
}

type Usage = Pick<Figures, 'trips' | 'rows_read'>

/** Warm-up requests per connection. */
const WARM_UP = 25

/** The measurements of one shop, one round at a time, so that several shops can take turns. */
export class Measurements {
  readonly #shop: Shop
  readonly #load: Load
  readonly #settings: Settings
  readonly #series = new Map<Route, Series>()

  constructor(shop: Shop, load: Load, settings: Settings) {
    this.#shop = shop
    this.#load = load
    this.#settings = settings
  }

  /** Requests each route once to read its use of D1, and warms it up. */
  async warmUp(progress: (route: string) => void): Promise<void> {
    for (const route of [SELECT_1, ...ROUTES]) {
      progress(route.name)
      const series: Series = { usage: await this.#usageOf(route), rate: 0, slices: [], shares: [] }
      const amount = WARM_UP * this.#settings.connections
      series.rate = (await this.#slice(route, amount)).requests_per_second
      this.#series.set(route, series)
    }
  }

  /** Measures each route between two measurements of `select 1`, since the load of the machine may change. */
  async round(progress: (route: string) => void): Promise<void> {
    let before = await this.#measure(SELECT_1, 1 / 2)
    for (const route of ROUTES) {
      progress(route.name)
      const { requests_per_second } = await this.#measure(route, 1)
      const after = await this.#measure(SELECT_1, 1 / 2)
      const baseline = (before.requests_per_second + after.requests_per_second) / 2
      this.#series.get(route)!.shares.push(requests_per_second / baseline)
      before = after
    }
  }

  results(): Results {
    const bare = this.#series.get(BARE)!.shares
    const figures = [...this.#series].map(([route, { usage, slices, shares: measured }]) => {
      const shares = route === SELECT_1 ? bare.map(() => 1) : measured
      const latencies = slices.flatMap(({ latencies_ms }) => latencies_ms)
      const cpu = slices.map(({ cpu_ms }) => cpu_ms).filter((ms) => ms !== undefined)
      return {
        name: route.name,
        requests_per_second: median(slices.map(({ requests_per_second }) => requests_per_second)),
        p50_ms: quantile(latencies, 0.5),
        p99_ms: quantile(latencies, 0.99),
        cpu_ms: cpu.length === 0 ? undefined : cpu.reduce((sum, ms) => sum + ms, 0) / latencies.length,
        ...usage,
        of_select_1: median(shares),
        of_bare: median(shares.map((share, round) => share / bare[round]!)),
        rounds: shares,
      }
    })
    return { products: this.#shop.products, figures }
  }

  async #measure(route: Route, share: number): Promise<Slice> {
    const series = this.#series.get(route)!
    const slice = await this.#slice(route, series.rate * this.#settings.seconds * share)
    series.rate = slice.requests_per_second
    series.slices.push(slice)
    return slice
  }

  async #slice(route: Route, wanted: number): Promise<Slice> {
    const { connections } = this.#settings
    const most = Math.floor((route.atMost ?? Infinity) / connections)
    const amount = connections * Math.min(most, Math.max(1, Math.round(wanted / connections)))
    const calls = await route.prepare(this.#shop, amount)
    const cpuBefore = cpuOf(this.#shop.pid)
    const { seconds, latencies_ms } = await this.#load({
      origin: this.#originOf(route),
      calls,
      amount,
      connections,
      status: route.status,
    })
    const cpuAfter = cpuOf(this.#shop.pid)
    return {
      requests_per_second: amount / seconds,
      latencies_ms,
      cpu_ms: cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore,
    }
  }

  async #usageOf(route: Route): Promise<Usage> {
    const [call] = await route.prepare(this.#shop, 1)
    const { path, ...init } = call!
    const answer = await fetch(this.#originOf(route) + path, init)
    const text = await answer.text()
    if (answer.status !== route.status)
      throw new Error(
        `${route.name}: ${path} answered ${answer.status}, not ${route.status}: ${text.slice(0, SHOWN_CHARACTERS)}`,
      )
    const timing = answer.headers.get('Server-Timing')
    const figure = (name: string) => Number(new RegExp(`${name}=(\\d+)`).exec(timing!)?.[1])
    return timing === null
      ? { trips: undefined, rows_read: undefined }
      : { trips: figure('trips'), rows_read: figure('rows_read') }
  }

  #originOf({ worker }: Route): string {
    return worker === 'baselines' ? this.#shop.baselines : this.#shop.origin
  }
}
