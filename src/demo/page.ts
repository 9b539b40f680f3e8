import type { TemplateResult } from 'lit-html'

/** What stands at one address of the shop. */
export interface Page {
  title: string
  view(): TemplateResult
  /** It is left: nobody needs to hear anything for it any longer. */
  close?(): void
}
