import { html, type TemplateResult } from 'lit-html'
import { sendsMail } from './about.ts'
import { link } from './session.ts'

const SECTIONS = [
  ['/staff/orders', 'Orders'],
  ['/staff/products', 'Products'],
  ['/staff/categories', 'Categories'],
  ['/staff/delivery', 'Delivery'],
  ['/staff/mail', 'Mail'],
  ['/staff/webhooks', 'Webhooks'],
  ['/staff/activity', 'Activity'],
] as const

export function staffNav(here: (typeof SECTIONS)[number][0]): TemplateResult {
  return html`<nav class="staff-nav" aria-label="Staff">
    ${SECTIONS.filter(([path]) => path !== '/staff/mail' || sendsMail()).map(
      ([path, name]) =>
        html`<a href=${link(path)} aria-current=${path === here ? 'page' : 'false'}>${name}</a>`,
    )}
  </nav>`
}
