import { inStorage, kiosk } from '../client/kiosk.ts'
import { problemOf, sentenceOf } from './loading.ts'
import { notify } from './notices.ts'

/** The client of the shop that served this page. */
export const shop = kiosk(location.origin, {
  tokens: inStorage(localStorage),
  longest_wait_ms: 5000,
  onWait({ seconds }) {
    notify(`The shop does not respond. Trying again in ${seconds} seconds.`, 'problem')
  },
  onLogOut() {
    if (!isLeaving) sessionEnded()
  },
})

/** The account that the pages of this tab are made for. */
let known = shop.account

/**
 * Reloads when another tab logs in or out, so that no other account's data stays visible, and when it makes an account
 * of the guest, whose pages differ. Not when another tab is the first to hear that this one has ended the session.
 */
addEventListener('storage', () => {
  const { account } = shop
  if (isLeaving && !account) return
  if (account?.user_id !== known?.user_id || account?.is_guest !== known?.is_guest) location.reload()
})

/** Called when the user logs in or out, or becomes a guest or an account. */
export const onSessionChange = new Set([
  () => {
    known = shop.account
  },
])

export function sessionChanged(): void {
  for (const notifyChange of onSessionChange) notifyChange()
}

export async function logIn(credentials: { email: string; password: string }): Promise<void> {
  const merged = await shop.logIn(credentials)
  sessionChanged()
  if (merged.some(({ from, to }) => to > from)) notify('Your guest cart has been added to your cart.')
}

/**
 * Starts as a guest first if there is no session. Pages hear of it only after the act: a cart that they read at the
 * same time might arrive after the response to the act, and be older.
 */
export async function asCustomer<Result>(act: () => Promise<Result>): Promise<Result> {
  if (shop.account) return act()
  await shop.guest()
  try {
    return await act()
  } finally {
    sessionChanged()
  }
}

function sessionEnded(): void {
  if (known?.is_guest) {
    notify('Your cart as a guest has expired.', 'problem')
    return sessionChanged()
  }
  notify('Your session has ended. Please log in again.', 'problem')
  sessionChanged()
  go('/login', { to: location.hash.slice(1) })
}

let isLeaving = false

/** Runs an act that ends the session. If it fails and the session has ended all the same, the user is told. */
export async function leave(act: () => Promise<void>): Promise<void> {
  isLeaving = true
  try {
    await act()
    sessionChanged()
  } catch (error) {
    if (known && !shop.account) sessionEnded()
    throw error
  } finally {
    isLeaving = false
  }
}

export async function logOut(): Promise<void> {
  isLeaving = true
  try {
    await shop.logOut()
  } catch (error) {
    notify(`Logged out on this device only. ${sentenceOf(problemOf(error))}`, 'problem')
  } finally {
    isLeaving = false
    sessionChanged()
  }
}

/** The URL of a page of this shop. */
export function link(path: string, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString()
  return `#${path}${search && '?'}${search}`
}

export function go(path: string, query: Record<string, string> = {}): void {
  location.hash = link(path, query)
}
