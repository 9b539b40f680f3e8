import { cpuOf } from './cpu.ts'
import { type Call, type Load, SHOWN_CHARACTERS } from './load.ts'
import type { Route } from './routes.ts'
import type { Shop } from './shop.ts'

/** Cloudflare sets it. The rate limits count by it, and do not count requests without it. */
const ADDRESS = { 'CF-Connecting-IP': '192.0.2.1' }

/** What one request uses of D1, from Server-Timing; undefined for the baselines. */
export interface Usage {
  round_trips: number | undefined
  rows_read: number | undefined
  rows_written: number | undefined
}

/** One short measurement of a route. */
export interface Slice {
  requests_per_second: number
  latencies_ms: number[]
  /** workerd's CPU time per request; undefined where it is unknown. */
  cpu_ms: number | undefined
}

/** Sends requests to one shop. */
export class Probe {
  readonly shop: Shop
  readonly routes: readonly Route[]
  readonly #load: Load
  readonly #connections: number

  constructor(shop: Shop, routes: readonly Route[], load: Load, connections: number) {
    this.shop = shop
    this.routes = routes
    this.#load = load
    this.#connections = connections
  }

  /** Sends about `wanted` requests, the same number over each connection. */
  async slice(route: Route, wanted: number): Promise<Slice> {
    const connections = this.#connections
    const most = Math.floor((route.atMost ?? Infinity) / connections)
    const amount = connections * Math.min(most, Math.max(1, Math.round(wanted / connections)))
    const calls = await this.#callsOf(route, amount)
    const cpuBefore = cpuOf(this.shop.pid)
    const { seconds, latencies_ms } = await this.#load({
      origin: this.#originOf(route),
      calls,
      amount,
      connections,
      status: route.status,
    })
    const cpuAfter = cpuOf(this.shop.pid)
    return {
      requests_per_second: amount / seconds,
      latencies_ms,
      cpu_ms: cpuBefore === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpuBefore) / amount,
    }
  }

  /** Sends one request. */
  async usageOf(route: Route): Promise<Usage> {
    const [call] = await this.#callsOf(route, 1)
    const { path, ...init } = call!
    const answer = await fetch(this.#originOf(route) + path, init)
    const text = await answer.text()
    if (answer.status !== route.status)
      throw new Error(
        `${route.name}: ${path} answered ${answer.status}, not ${route.status}: ${text.slice(0, SHOWN_CHARACTERS)}`,
      )
    const timing = answer.headers.get('Server-Timing')
    const figure = (name: string) =>
      timing === null ? undefined : Number(new RegExp(`${name}=(\\d+)`).exec(timing)?.[1])
    return {
      round_trips: figure('trips'),
      rows_read: figure('rows_read'),
      rows_written: figure('rows_written'),
    }
  }

  async #callsOf(route: Route, amount: number): Promise<Call[]> {
    const calls = await route.prepare(this.shop, amount)
    return calls.map((call) => ({ ...call, headers: { ...ADDRESS, ...call.headers } }))
  }

  #originOf({ worker }: Route): string {
    return worker === 'baselines' ? this.shop.baselines : this.shop.origin
  }
}
