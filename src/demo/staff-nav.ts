import { html, type TemplateResult } from 'lit-html'
import { sendsMail } from './about.ts'
import { link } from './session.ts'

const SECTIONS = [
  ['/staff/orders', 'Orders'],
  ['/staff/products', 'Products'],
  ['/staff/categories', 'Categories'],
  ['/staff/delivery', 'Delivery'],
  ['/staff/webhooks', 'Webhooks'],
  ['/staff/activity', 'Activity'],
  ['/staff/mail', 'Mail'],
] as const

/** The place of Mail is kept while it is unknown whether the shop sends mail, so that nothing shifts. */
export function staffNav(here: (typeof SECTIONS)[number][0]): TemplateResult {
  return html`<nav class="staff-nav" aria-label="Staff">
    ${SECTIONS.map(
      ([path, name]) =>
        html`<a
          class=${path === '/staff/mail' && !sendsMail() ? 'reserved' : ''}
          href=${link(path)}
          aria-current=${path === here ? 'page' : 'false'}
          >${name}</a
        >`,
    )}
  </nav>`
}
