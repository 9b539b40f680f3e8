import { html, nothing, type TemplateResult } from 'lit-html'
import { type About, Problem } from '../client/kiosk.ts'
import { setCurrency } from './money.ts'
import { requestRender } from './rendering.ts'
import { shop } from './session.ts'

let about: About | undefined

/** Asks the shop once for its currency and which parts it has. Without an answer nothing is shown of them. */
export async function learnAboutShop(): Promise<void> {
  try {
    about = await shop.about()
    setCurrency(about.currency)
    requestRender()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
  }
}

export const takesPayments = () => about?.payments != null

export const sendsMail = () => about?.mail === true

/** Says on every page that no money moves. */
export function testPaymentsView(): TemplateResult | typeof nothing {
  return about?.payments === 'test'
    ? html`<aside class="test-payments">Test payments: no money moves, and nothing is shipped.</aside>`
    : nothing
}
