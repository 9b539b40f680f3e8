import type { TemplateResult } from 'lit-html'

/** The page at one URL of the shop. */
export interface Page {
  title: string
  view(): TemplateResult
  /** Called when the user leaves the page; stops its streams. */
  close?(): void
}
