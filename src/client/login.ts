/** A pair of tokens, and when to renew it by the clock of this machine: milliseconds since 1970. */
export interface Login {
  access: string
  refresh: string
  renew_at: number
}

/** Where a login is kept. Another tab or process may have changed it since. */
export interface LoginStore {
  get(): Login | undefined
  set(login: Login | undefined): void
}

export function inMemory(): LoginStore {
  let kept: Login | undefined
  return { get: () => kept, set: (login) => void (kept = login) }
}

/**
 * Keeps the login in `localStorage` or `sessionStorage`, so that it outlives the page. Every script of the
 * origin can read it there.
 */
export function inStorage(
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
  name = 'kiosk',
): LoginStore {
  return {
    get: () => JSON.parse(storage.getItem(name) ?? 'null') ?? undefined,
    set: (login) => (login ? storage.setItem(name, JSON.stringify(login)) : storage.removeItem(name)),
  }
}

/** Ahead of its end, for requests that take their time. */
const RENEW_AHEAD_SECONDS = 30

/** By this machine's clock, which may go wrong: a token says how long it lives. */
export function toLogin({ access, refresh }: { access: string; refresh: string }): Login {
  const { iat, exp } = claimsOf(access)
  return { access, refresh, renew_at: Date.now() + 1000 * Math.max(0, exp - iat - RENEW_AHEAD_SECONDS) }
}

interface Claims {
  user_id: number
  is_staff: boolean
  iat: number
  exp: number
}

export function claimsOf(access: string): Claims {
  return JSON.parse(atob(access.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/'))) as Claims
}
