import { html, nothing, type TemplateResult } from 'lit-html'
import type { CartChange } from '../client/kiosk.ts'
import { money } from './money.ts'
import { counted } from './plural.ts'

/** What has changed in the cart since the customer last saw it, with a button that confirms it. */
export function changesView(
  changes: readonly CartChange[],
  dismiss: () => void,
): TemplateResult | typeof nothing {
  if (changes.length === 0) return nothing
  return html`<section class="changes" aria-labelledby="changes">
    <h2 id="changes">Since you last looked</h2>
    <ul>
      ${changes.map((change) => html`<li>${sentenceOfChange(change)}</li>`)}
    </ul>
    <button type="button" @click=${dismiss}>Got it</button>
  </section>`
}

export function sentenceOfChange(change: CartChange): string {
  const { product, kind } = change
  if (kind === 'removed') return `${product} is no longer available.`
  if (kind === 'price') return `${product} now costs ${money(change.to)} instead of ${money(change.from)}.`
  if (change.to === 0) return `${product} is sold out.`
  return `Only ${counted(change.to, 'is', 'are')} left of ${product}; you have ${change.from} in your cart.`
}
