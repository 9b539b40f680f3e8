import type { Results } from './measure.ts'

/** An aligned Markdown table, for docs/scale.md. */
export function tableOf({ figures }: Results): string {
  const head = [
    'request', 'req/s', 'of `select 1`', 'of bare', 'p50 ms', 'p99 ms', 'CPU ms', 'round trips', 'rows read',
  ] // prettier-ignore
  const rows = figures.map((figure) => [
    figure.name,
    figure.requests_per_second.toFixed(0),
    figure.of_select_1.toFixed(2),
    figure.of_bare.toFixed(2),
    figure.p50_ms.toFixed(1),
    figure.p99_ms.toFixed(1),
    figure.cpu_ms?.toFixed(2) ?? '–',
    figure.trips?.toString() ?? '–',
    figure.rows_read?.toString() ?? '–',
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)))
  const padded = (row: string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [padded(head), rule, ...rows.map(padded)].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
