/** A pair of tokens, and when to renew it by the clock of this machine: milliseconds since 1970. */
export interface TokenPair {
  access: string
  refresh: string
  renew_at: number
}

/** Where the tokens are stored. Another tab or process may have changed them since. */
export interface TokenStore {
  get(): TokenPair | undefined
  set(pair: TokenPair | undefined): void
}

export function inMemory(): TokenStore {
  let pair: TokenPair | undefined
  return { get: () => pair, set: (next) => void (pair = next) }
}

/**
 * Stores the tokens in `localStorage` or `sessionStorage`, so that they outlive the page. Every script of the
 * origin can read them there.
 */
export function inStorage(
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
  name = 'kiosk',
): TokenStore {
  return {
    get: () => JSON.parse(storage.getItem(name) ?? 'null') ?? undefined,
    set: (pair) => (pair ? storage.setItem(name, JSON.stringify(pair)) : storage.removeItem(name)),
  }
}

/** Ahead of its end, for requests that take their time. */
const RENEW_AHEAD_SECONDS = 30

/** By this machine's clock, which may go wrong: a token says how long it lives. */
export function toTokenPair({ access, refresh }: { access: string; refresh: string }): TokenPair {
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
