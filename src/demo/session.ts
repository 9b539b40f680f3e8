import { inStorage, kiosk } from '../client/kiosk.ts'
import { problemOf, sentenceOf } from './loading.ts'
import { say } from './notices.ts'

/** The shop that this page was loaded from. */
export const shop = kiosk(location.origin, {
  tokens: inStorage(localStorage),
  longest_wait_ms: 5000,
  onLogOut() {
    if (isLeaving) return
    say('Your login has ended. Please log in again.', 'problem')
    for (const hear of onChange) hear()
    go('/login', { to: location.hash.slice(1) })
  },
})

/** Another tab logged in or out: what is shown here may be somebody else's. */
const user_id = () => shop.account?.user_id
let known = user_id()
addEventListener('storage', () => {
  if (user_id() !== known) location.reload()
})

/** Called when somebody logs in or out. */
export const onChange = new Set([() => void (known = user_id())])

export async function logIn(credentials: { email: string; password: string }): Promise<void> {
  await shop.logIn(credentials)
  for (const hear of onChange) hear()
}

let isLeaving = false

export async function logOut(): Promise<void> {
  isLeaving = true
  try {
    await shop.logOut()
  } catch (error) {
    say(`You are logged out here; the shop does not know. ${sentenceOf(problemOf(error))}`, 'problem')
  } finally {
    isLeaving = false
    for (const hear of onChange) hear()
  }
}

/** The address of a page of this shop. */
export function link(path: string, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString()
  return `#${path}${search && '?'}${search}`
}

export function go(path: string, query: Record<string, string> = {}): void {
  location.hash = link(path, query)
}
