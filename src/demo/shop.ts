import { html, nothing, render, type TemplateResult } from 'lit-html'
import { accountPage, logInPage, registerPage } from './account.ts'
import { cartState, followCart } from './cart-state.ts'
import { browsePage } from './browse.ts'
import { cartPage } from './cart.ts'
import { followOrders } from './live-orders.ts'
import { noticesView } from './notices.ts'
import { orderPage, ordersPage } from './orders.ts'
import type { Page } from './page.ts'
import { productPage } from './product.ts'
import { go, link, onChange, shop } from './session.ts'
import { staffAuditPage } from './staff-audit.ts'
import { staffCategoriesPage } from './staff-categories.ts'
import { staffOrdersPage } from './staff-orders.ts'
import { newProductPage, staffProductPage } from './staff-product.ts'
import { staffProductsPage } from './staff-products.ts'
import { drawBy, update } from './update.ts'

/** Which page stands at which address, and who may see it: the part of the URL behind `#`. */
const PAGES: [
  RegExp,
  'anybody' | 'strangers' | 'customers' | 'staff',
  (id: number, query: URLSearchParams) => Page,
][] = [
  [/^\/$/, 'anybody', (_, query) => browsePage(query)],
  [/^\/product\/(\d+)$/, 'anybody', productPage],
  [/^\/login$/, 'strangers', (_, query) => logInPage(query)],
  [/^\/register$/, 'strangers', (_, query) => registerPage(query)],
  [/^\/cart$/, 'customers', cartPage],
  [/^\/orders$/, 'customers', ordersPage],
  [/^\/order\/(\d+)$/, 'customers', orderPage],
  [/^\/account$/, 'customers', accountPage],
  [/^\/staff\/orders$/, 'staff', staffOrdersPage],
  [/^\/staff\/products$/, 'staff', (_, query) => staffProductsPage(query)],
  [/^\/staff\/product\/new$/, 'staff', newProductPage],
  [/^\/staff\/product\/(\d+)$/, 'staff', staffProductPage],
  [/^\/staff\/categories$/, 'staff', staffCategoriesPage],
  [/^\/staff\/audit$/, 'staff', staffAuditPage],
]

const notFound: Page = {
  title: 'Not found',
  view: () =>
    html`<div class="empty">
      <h1 tabindex="-1">There is nothing here.</h1>
      <a class="button" href="#/">To the shop</a>
    </div>`,
}

let page: Page = notFound
let here = ''
/** Whether the heading of the page is still to get the focus: screen readers then say where one is. */
let isArriving = false
let remembering: ReturnType<typeof setTimeout> | undefined

const root = document.getElementById('shop')!
root.replaceChildren()
drawBy(() => {
  render(view(), root)
  document.title = `${page.title} · Kiosk`
  if (isArriving) arrive()
})

addEventListener('hashchange', () => open(false))
addEventListener('online', update)
addEventListener('offline', update)
addEventListener('click', onlyOnce, { capture: true })
addEventListener('scroll', remember)
history.scrollRestoration = 'manual'
onChange.add(update)
followCart()
followOrders()
open(true)

function open(isFirst: boolean): void {
  const [path = '', search = ''] = location.hash.slice(1).split('?')
  const query = new URLSearchParams(search)
  const found = pageAt(path === '' ? '/' : path, query)
  if (!found) return
  const [lastPath, lastSearch] = here.slice(1).split('?')
  // Other filters are no other page: who sets them stays at the filter.
  const isSamePlace =
    path === lastPath && query.get('search') === new URLSearchParams(lastSearch).get('search')
  if (found !== page) page.close?.()
  page = found
  here = location.hash
  update()
  if (isSamePlace) return
  clearTimeout(remembering)
  isArriving = !isFirst
  queueMicrotask(() => scrollTo(0, (history.state as { y: number } | null)?.y ?? 0))
}

/** How far down a page was, for who comes back to it. */
function remember(): void {
  clearTimeout(remembering)
  remembering = setTimeout(() => history.replaceState({ y: scrollY }, ''), 100)
}

function arrive(): void {
  const main = document.querySelector('main')!
  const heading = main.querySelector('h1')
  ;(heading ?? main).focus({ preventScroll: true })
  isArriving = heading === null
}

function pageAt(path: string, query: URLSearchParams): Page | undefined {
  for (const [pattern, whom, make] of PAGES) {
    const match = pattern.exec(path)
    if (!match) continue
    if (whom === 'strangers' && shop.account) {
      location.replace(link(query.get('to') ?? '/'))
      return undefined
    }
    if (['customers', 'staff'].includes(whom) && !shop.account) {
      const wanted = `${path}${query.size > 0 ? `?${query.toString()}` : ''}`
      location.replace(link('/login', { to: wanted }))
      return undefined
    }
    if (whom === 'staff' && !shop.account?.is_staff) return notFound
    return make(Number(match[1]), query)
  }
  return notFound
}

/** The second click of a double click meant what was there before the first. */
function onlyOnce(event: MouseEvent): void {
  if (event.detail < 2 || !(event.target as Element).closest('button')) return
  event.preventDefault()
  event.stopPropagation()
}

function view(): TemplateResult {
  return html`
    <a class="skip" href="#main" @click=${skip}>To the content</a>
    ${headerView()}
    ${navigator.onLine ? nothing : html`<p class="offline" role="status">You are offline. The shop comes back by itself.</p>`}
    <main id="main" tabindex="-1">${page.view()}</main>
    <footer>
      <p>A demo shop on <a href="/docs">the Kiosk API</a>. Nothing is charged, nothing is sent.</p>
    </footer>
    ${noticesView()}
  `
}

/** The address behind # is the page: the link moves the focus and nothing else. */
function skip(event: Event): void {
  event.preventDefault()
  document.getElementById('main')!.focus()
}

function headerView(): TemplateResult {
  const { account } = shop
  const lines = cartState.cart?.items.length ?? 0
  const find = (event: SubmitEvent) => {
    event.preventDefault()
    const search = new FormData(event.currentTarget as HTMLFormElement).get('search') as string
    go('/', search.trim() === '' ? {} : { search: search.trim() })
  }
  const [, search = ''] = here.split('?')
  return html`<header>
    <a class="brand" href="#/">Kiosk</a>
    <form class="search" role="search" aria-label="The shop" @submit=${find}>
      <label for="search" class="hidden">Search the shop</label>
      <input
        id="search"
        name="search"
        type="search"
        placeholder="Search the shop"
        maxlength="200"
        .value=${new URLSearchParams(search).get('search') ?? ''}
      />
      <button>Search</button>
    </form>
    <nav aria-label="Shop">
      ${
        account
          ? html`
              ${account.is_staff ? html`<a href="#/staff/orders">Staff</a>` : nothing}
              <a href="#/orders">Orders</a>
              <a href="#/account">Account</a>
            `
          : html`<a href="#/login">Log in</a>`
      }
      <a href="#/cart" aria-label="Cart, ${lines} ${lines === 1 ? 'line' : 'lines'}">
        Cart <span class="badge" aria-hidden="true">${lines}</span>
      </a>
    </nav>
  </header>`
}
