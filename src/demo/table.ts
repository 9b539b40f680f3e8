import { html, type TemplateResult } from 'lit-html'

/** A table in a scrolling region, with numbers aligned right. */
export function table(
  label: string,
  columns: readonly (readonly [name: string, kind?: 'number'])[],
  rows: TemplateResult[],
): TemplateResult {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}>
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
