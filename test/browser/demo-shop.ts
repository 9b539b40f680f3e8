import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { useBrowser } from './browser.ts'
import { call, SHOP, staffAccess } from './shop.ts'

/** What tests of the demo shop share. */

export const PHONE = { width: 375, height: 812 }
export const DESK = { width: 1280, height: 860 }

export const unique = (what: string) => `${what} ${crypto.randomUUID().slice(0, 8)}`

interface Category {
  id: number
  name: string
}

let category: Promise<Category> | undefined

/** The category of the products of `aProduct`; one per file. */
export async function theCategory(): Promise<Category> {
  category ??= call('POST', '/api/admin/categories/', {
    token: await staffAccess(),
    body: { name: unique('Things') },
  })
  return category
}

export async function aProduct(given: object = {}): Promise<{ id: number; name: string }> {
  const body = {
    name: unique('Thing'),
    description: 'A thing.',
    price: '10.00',
    stock: 5,
    category: (await theCategory()).id,
    ...given,
  }
  return call('POST', '/api/admin/products/', { token: await staffAccess(), body })
}

/** Opens a page of the shop where this account is logged in. */
export function loggedInWith(visit: ReturnType<typeof useBrowser>) {
  return async (who: { email: string; password: string }, path: string, viewport = DESK): Promise<Page> => {
    const { page } = await visit(`${SHOP}/#/login?to=${encodeURIComponent(path)}`, { viewport })
    await page.getByLabel('E-mail').fill(who.email)
    await page.getByLabel('Password').fill(who.password)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.waitForURL(`${SHOP}/#${path}`)
    return page
  }
}

/** Waits for a text to appear. */
export const expectText = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()

export const expectHeading = (page: Page, name: string | RegExp) =>
  page.getByRole('heading', { level: 1, name }).waitFor()

/** Loads the page again, and waits until the shop listens for the orders of its customer. */
export async function listensForOrders(page: Page): Promise<void> {
  const url = page.url()
  await page.goto('about:blank') // so that the next socket is certainly one of the new page
  const isListening = new Promise<void>((resolve) =>
    page.once('websocket', (socket) => socket.once('framereceived', () => resolve())),
  )
  await page.goto(url)
  await isListening
}

/** Waits until the browser has forgotten the session. */
export async function isLoggedOut(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate("localStorage.getItem('kiosk')"), { timeout: 30_000 }).toBe(null)
}

/** A refusal with a wait that is too long to be retried. */
export const TOO_MANY_REQUESTS = {
  status: 429,
  contentType: 'application/problem+json',
  headers: { 'Retry-After': '60' },
  json: { code: 'too_many_requests', detail: 'Too many requests.', status: 429 },
}

/**
 * Lets requests to this path take effect until `unroute`, but refuses them all the same: the page cannot know that they
 * took effect.
 */
export const loseResponses = (page: Page, path: string) =>
  page.route(path, async (route) => {
    if (route.request().method() === 'GET') return route.continue()
    await route.fetch()
    await route.fulfill(TOO_MANY_REQUESTS)
  })

export const RESPONSE_LOST = 'Too many requests. Please wait a minute.'
