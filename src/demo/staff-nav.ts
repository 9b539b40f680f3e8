import { html, type TemplateResult } from 'lit-html'
import { link } from './session.ts'

const ROOMS = [
  ['/staff/orders', 'Orders'],
  ['/staff/products', 'Products'],
  ['/staff/categories', 'Categories'],
  ['/staff/audit', 'Audit'],
] as const

export function staffNav(here: (typeof ROOMS)[number][0]): TemplateResult {
  return html`<nav class="rooms" aria-label="Staff">
    ${ROOMS.map(
      ([path, name]) =>
        html`<a href=${link(path)} aria-current=${path === here ? 'page' : 'false'}>${name}</a>`,
    )}
  </nav>`
}
