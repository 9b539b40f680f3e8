import { html, type TemplateResult } from 'lit-html'

/** A table that scrolls by itself where it is too wide. Figures stand to the right. */
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
