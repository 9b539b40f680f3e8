/** An aligned Markdown table; the first column is text, the others are figures, – where there is none. */
export function tableOf(head: string[], cells: (string | undefined)[][]): string {
  const rows = cells.map((row) => row.map((cell) => cell ?? '–'))
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)))
  const padded = (row: string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [padded(head), rule, ...rows.map(padded)].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
