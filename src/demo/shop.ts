import { html, nothing, render, type TemplateResult } from 'lit-html'
import { accountPage, logInPage, registerPage } from './account.ts'
import { cartState, trackCart } from './cart-state.ts'
import { browsePage } from './browse.ts'
import { cartPage } from './cart.ts'
import { trackOrders } from './order-updates.ts'
import { noticesView } from './notices.ts'
import { orderPage, ordersPage } from './orders.ts'
import type { Page } from './page.ts'
import { counted } from './plural.ts'
import { productPage } from './product.ts'
import { go, link, onSessionChange, shop } from './session.ts'
import { confirmEmailPage, forgotPasswordPage, resetPasswordPage } from './recovery.ts'
import { staffActivityPage } from './staff-activity.ts'
import { staffCategoriesPage } from './staff-categories.ts'
import { staffDeliveryPage } from './staff-delivery.ts'
import { staffMailPage } from './staff-mail.ts'
import { staffImportPage } from './staff-import.ts'
import { staffOrdersPage } from './staff-orders.ts'
import { newProductPage, staffProductPage } from './staff-product.ts'
import { staffProductsPage } from './staff-products.ts'
import { staffWebhooksPage } from './staff-webhooks.ts'
import { learnAboutShop, testPaymentsView } from './about.ts'
import { requestRender, startRendering } from './rendering.ts'

/** Who sees a page. A guest has a session, but no account. */
type Audience = 'everyone' | 'without account' | 'with session' | 'staff'

/** The pages by path, which is the part of the URL after `#`. */
const PAGES: [RegExp, Audience, (id: number, query: URLSearchParams) => Page][] = [
  [/^\/$/, 'everyone', (_, query) => browsePage(query)],
  [/^\/product\/(\d+)$/, 'everyone', productPage],
  [/^\/login$/, 'without account', (_, query) => logInPage(query)],
  [/^\/register$/, 'without account', (_, query) => registerPage(query)],
  [/^\/forgot-password$/, 'without account', forgotPasswordPage],
  [/^\/reset-password$/, 'everyone', (_, query) => resetPasswordPage(query)],
  [/^\/(?:confirm|restore)-email$/, 'everyone', (_, query) => confirmEmailPage(query)],
  [/^\/cart$/, 'everyone', cartPage],
  [/^\/orders$/, 'with session', ordersPage],
  [/^\/order\/(\d+)$/, 'with session', orderPage],
  [/^\/account$/, 'with session', accountPage],
  [/^\/staff\/orders$/, 'staff', staffOrdersPage],
  [/^\/staff\/products$/, 'staff', (_, query) => staffProductsPage(query)],
  [/^\/staff\/product\/new$/, 'staff', newProductPage],
  [/^\/staff\/product\/(\d+)$/, 'staff', staffProductPage],
  [/^\/staff\/import$/, 'staff', staffImportPage],
  [/^\/staff\/categories$/, 'staff', staffCategoriesPage],
  [/^\/staff\/delivery$/, 'staff', staffDeliveryPage],
  [/^\/staff\/mail$/, 'staff', staffMailPage],
  [/^\/staff\/webhooks$/, 'staff', staffWebhooksPage],
  [/^\/staff\/activity$/, 'staff', staffActivityPage],
]

const notFound: Page = {
  title: 'Not found',
  view: () =>
    html`<div class="empty">
      <h1 tabindex="-1">Page not found</h1>
      <a class="button" href="#/">Continue shopping</a>
    </div>`,
}

let page: Page = notFound
let here = ''
/** Whether the heading of the new page still needs the focus, which makes screen readers announce it. */
let needsFocus = false
let savingScroll: ReturnType<typeof setTimeout> | undefined

const root = document.getElementById('shop')!
root.replaceChildren()
startRendering(() => {
  render(view(), root)
  document.title = `${page.title} · Kiosk`
  if (needsFocus) focusHeading()
})

addEventListener('hashchange', () => open(false))
addEventListener('online', requestRender)
addEventListener('offline', requestRender)
addEventListener('click', ignoreDoubleClick, { capture: true })
addEventListener('scroll', saveScroll)
history.scrollRestoration = 'manual'
onSessionChange.add(requestRender)
trackCart()
trackOrders()
void learnAboutShop()
open(true)

function open(isFirst: boolean): void {
  const [path, query] = placeOf(location.hash)
  const found = pageAt(path, query)
  if (!found) return
  const [lastPath, lastQuery] = placeOf(here)
  // A change of filters is not a new page: the focus and scroll position stay.
  const isSamePlace = !isFirst && path === lastPath && query.get('search') === lastQuery.get('search')
  if (found !== page) page.close?.()
  page = found
  here = location.hash
  requestRender()
  if (isSamePlace) return
  clearTimeout(savingScroll)
  needsFocus = !isFirst
  queueMicrotask(() => scrollTo(0, (history.state as { y: number } | null)?.y ?? 0))
}

/** The path and the query of a hash. */
function placeOf(hash: string): [path: string, query: URLSearchParams] {
  const [path = '', search = ''] = hash.slice(1).split('?')
  return [path || '/', new URLSearchParams(search)]
}

/** Saves the scroll position for when the user comes back to the page. */
function saveScroll(): void {
  clearTimeout(savingScroll)
  savingScroll = setTimeout(() => history.replaceState({ y: scrollY }, ''), 100)
}

function focusHeading(): void {
  const main = document.querySelector('main')!
  const heading = main.querySelector('h1')
  ;(heading ?? main).focus({ preventScroll: true })
  needsFocus = heading === null
}

function pageAt(path: string, query: URLSearchParams): Page | undefined {
  for (const [pattern, audience, make] of PAGES) {
    const match = pattern.exec(path)
    if (!match) continue
    if (audience === 'without account' && shop.account && !shop.account.is_guest) {
      location.replace(link(query.get('to') ?? '/'))
      return undefined
    }
    if (['with session', 'staff'].includes(audience) && !shop.account) {
      const wanted = `${path}${query.size > 0 ? `?${query.toString()}` : ''}`
      location.replace(link('/login', { to: wanted }))
      return undefined
    }
    if (audience === 'staff' && !shop.account?.is_staff) return notFound
    return make(Number(match[1]), query)
  }
  return notFound
}

/** The first click may have changed what the second one hits. */
function ignoreDoubleClick(event: MouseEvent): void {
  if (event.detail < 2 || !(event.target as Element).closest('button')) return
  event.preventDefault()
  event.stopPropagation()
}

function view(): TemplateResult {
  return html`
    <a class="skip" href="#main" @click=${skip}>Skip to content</a>
    ${testPaymentsView()} ${headerView()}
    ${navigator.onLine ? nothing : html`<p class="offline" role="status">You are offline. The shop reconnects automatically.</p>`}
    <main id="main" tabindex="-1">${page.view()}</main>
    <footer>
      <p>Built on <a href="/docs">the Kiosk API</a>.</p>
    </footer>
    ${noticesView()}
  `
}

/** Moves the focus without following the link, because the part after `#` is the page. */
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
    <form class="search" role="search" aria-label="Shop" @submit=${find}>
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
          : nothing
      }
      ${account && !account.is_guest ? nothing : html`<a href="#/login">Log in</a>`}
      <a href="#/cart" aria-label="Cart, ${counted(lines, 'item')}">
        Cart <span class="badge" aria-hidden="true">${lines}</span>
      </a>
    </nav>
  </header>`
}
