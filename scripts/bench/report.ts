import { spaced } from './figures.ts'
import type { Results } from './measure.ts'
import type { Verdict } from './targets.ts'

/** The tables are Markdown, aligned: they go into the README as they are. */

export function tableOf({ figures }: Results): string {
  return markdown(
    ['request', 'req/s', 'of `select 1`', 'of bare', 'p50 ms', 'p99 ms', 'CPU ms', 'trips', 'rows read'],
    figures.map((figure) => [
      figure.name,
      figure.requests_per_second.toFixed(0),
      figure.of_select_1.toFixed(2),
      figure.of_bare.toFixed(2),
      figure.p50_ms.toFixed(1),
      figure.p99_ms.toFixed(1),
      figure.cpu_ms?.toFixed(2) ?? '–',
      figure.trips?.toString() ?? '–',
      figure.rows_read?.toString() ?? '–',
    ]),
  )
}

export function tableOfVerdicts(verdicts: readonly Verdict[]): string {
  return markdown(
    ['target', 'products', 'wanted', 'found', 'by CPU', ''],
    verdicts.map(({ target, products, wanted, found, by_cpu, met }) => [
      target,
      spaced(products),
      wanted,
      found,
      by_cpu,
      met ? 'met' : 'missed',
    ]),
    'left',
  )
}

/** The first column to the left, the others to the right unless told otherwise. */
function markdown(head: string[], rows: string[][], others: 'left' | 'right' = 'right'): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]!.length)))
  const isRight = (column: number) => others === 'right' && column > 0
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  const padded = (row: string[]) =>
    row.map((cell, column) =>
      isRight(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    )
  const rule = widths.map((width, column) =>
    isRight(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  )
  return [padded(head), rule, ...rows.map(padded)].map(line).join('\n')
}
