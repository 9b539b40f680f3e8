import type { Results } from './measure.ts'
import { tableOf } from './table.ts'

/** Aligned Markdown, for docs/scale.md; with a second table that compares with the earlier commit, if given. */
export function reportOf({ figures }: Results, commit: string | undefined): string {
  const costs = tableOf(
    [
      'request', 'req/s', 'of `select 1`', 'of bare', 'p50 ms', 'p99 ms', 'CPU ms', 'CPU of `select 1`', 'round trips',
      'rows read', 'rows written',
    ], // prettier-ignore
    figures.map((figure) => [
      figure.name,
      figure.requests_per_second.toFixed(0),
      figure.of_select_1.toFixed(2),
      figure.of_bare?.toFixed(2),
      figure.p50_ms.toFixed(1),
      figure.p99_ms.toFixed(1),
      figure.cpu_ms?.toFixed(2),
      figure.cpu_of_select_1?.toFixed(2),
      figure.round_trips?.toString(),
      figure.rows_read?.toString(),
      figure.rows_written?.toString(),
    ]),
  )
  if (commit === undefined) return costs
  const ratios = tableOf(
    [`beside ${commit}`, 'CPU, ×', 'req/s, ×', 'rows read', 'rows written', 'round trips'],
    figures.flatMap(({ earlier, ...figure }) =>
      earlier
        ? [
            [
              figure.name,
              earlier.cpu_ratio?.toFixed(2),
              earlier.rate_ratio.toFixed(2),
              change(earlier.rows_read, figure.rows_read),
              change(earlier.rows_written, figure.rows_written),
              change(earlier.round_trips, figure.round_trips),
            ],
          ]
        : [],
    ),
  )
  return `${costs}\n\n${ratios}`
}

function change(before: number | undefined, after: number | undefined): string | undefined {
  return before === after ? after?.toString() : `${before} → ${after}`
}
