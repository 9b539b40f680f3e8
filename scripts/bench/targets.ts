import type { Figures, Results } from './measure.ts'
import { tableOf } from './table.ts'

interface Target {
  request: string
  routes: RegExp
  /** At most so many times the CPU of `select 1`. */
  cpu: number
  /** At least this share of its requests per second. */
  rate: number
}

const TARGETS: Target[] = [
  { request: 'one product', routes: /^one product$/, cpu: 1.25, rate: 0.85 },
  { request: 'a page of ten', routes: /^(first page|deep page .*|by .*)$/, cpu: 1.6, rate: 0.65 },
  { request: 'filtered and sorted', routes: /^filtered, /, cpu: 2, rate: 0.55 },
  { request: 'cart of five', routes: /^cart of five$/, cpu: 1.6, rate: 0.65 },
  { request: 'add to the cart', routes: /^add a fifth to the cart$/, cpu: 2, rate: 0.55 },
  { request: 'order of five, no live updates', routes: /^place an order of five$/, cpu: 3, rate: 0.4 },
  { request: 'refresh', routes: /^refresh$/, cpu: 1.8, rate: 0.6 },
]

/** A table of the targets, with the worst of the routes that each is for. */
export function targetsOf({ figures }: Results): string {
  const rows = TARGETS.flatMap(({ request, routes, cpu, rate }) => {
    const meant = figures.filter(({ name }) => routes.test(name))
    if (meant.length === 0) return []
    const measured = meant.flatMap(({ cpu_of_select_1 }) => cpu_of_select_1 ?? [])
    const worst = Math.min(...meant.map(({ of_select_1 }) => of_select_1))
    return [[request, `≤ ${cpu}`, times(measured), `≥ ${rate}`, worst.toFixed(2)]]
  })
  return tableOf(['target', 'CPU of `select 1`', 'measured', 'req/s of `select 1`', 'measured'], rows)
}

/** A table of the CPU at the smallest and at the largest size, as multiples of that of `select 1` there. */
export function growthOf(smallest: Results, largest: Results): string {
  const cpuIn = ({ figures }: Results, name: string) =>
    figures.find((one: Figures) => one.name === name)?.cpu_of_select_1 ?? Number.NaN
  const rows = largest.figures.map(({ name }) => {
    const [small, large] = [cpuIn(smallest, name), cpuIn(largest, name)]
    return [name, small.toFixed(2), large.toFixed(2), (large / small).toFixed(2)]
  })
  return tableOf(['request', `CPU at ${smallest.products}`, `at ${largest.products} products`, 'times'], rows)
}

function times(measured: readonly number[]): string | undefined {
  return measured.length === 0 ? undefined : Math.max(...measured).toFixed(2)
}
