import { html, type TemplateResult } from 'lit-html'

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
