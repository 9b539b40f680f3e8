import { html, nothing, type TemplateResult } from 'lit-html'
import type { Page as ListPage } from '../client/kiosk.ts'

/** A table in a scrolling region, with numbers aligned right. A `stacked` one shows its cells below each other on phones. */
export function table(
  label: string,
  columns: readonly (readonly [name: string, kind?: 'number'])[],
  rows: TemplateResult[],
  { isStacked = false } = {},
): TemplateResult {
  return html`<div
    class="scroll ${isStacked ? 'stacked' : ''}"
    tabindex="0"
    role="region"
    aria-label=${label}
  >
    <table>
      <thead>
        <tr>
          ${columns.map(([name, kind = '']) => html`<th scope="col" class=${kind}>${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}

/** Says that a list has more than its first page; nothing if it has not. */
export function moreThanShown({
  results,
  count,
  count_is_lower_bound,
}: ListPage<unknown>): TemplateResult | typeof nothing {
  if (results.length === count && !count_is_lower_bound) return nothing
  return html`<p class="count">Showing ${results.length} of ${count}${count_is_lower_bound ? '+' : ''}.</p>`
}
