import type { Tokens } from './api.ts'

/** A pair of tokens, and when to renew it by the local clock, in milliseconds since 1970. */
export interface TokenPair {
  access: string
  refresh: string
  renew_at: number
  /** True while the customer is a guest. */
  is_guest?: boolean
}

/** Stores the tokens. Other tabs or processes may share the store, so `get` must return the newest pair. */
export interface TokenStore {
  get(): TokenPair | undefined
  set(pair: TokenPair | undefined): void
}

/** Stores the tokens in memory: they are lost with the page or process. */
export function inMemory(): TokenStore {
  let pair: TokenPair | undefined
  return { get: () => pair, set: (next) => void (pair = next) }
}

/** What `inStorage` needs of the DOM's `Storage`, whose type programs for Node and Workers may not have. */
export interface WebStorage {
  getItem(name: string): string | null
  setItem(name: string, value: string): void
  removeItem(name: string): void
}

/**
 * Stores the tokens in `localStorage` or `sessionStorage`, so that they outlive the page. Any script of the
 * origin can read them.
 */
export function inStorage(storage: WebStorage, name = 'kiosk'): TokenStore {
  return {
    get: () => JSON.parse(storage.getItem(name) ?? 'null') ?? undefined,
    set: (pair) => (pair ? storage.setItem(name, JSON.stringify(pair)) : storage.removeItem(name)),
  }
}

/** Renews a token before it expires, so that it lasts for slow requests. */
const RENEW_AHEAD_SECONDS = 30

/** Computes `renew_at` from the token's lifetime, because the local clock may be wrong. */
export function toTokenPair({ access, refresh }: Tokens, is_guest = false): TokenPair {
  const { iat, exp } = claimsOf(access)
  const renew_at = Date.now() + 1000 * Math.max(0, exp - iat - RENEW_AHEAD_SECONDS)
  return { access, refresh, renew_at, is_guest }
}

interface Claims {
  user_id: number
  is_staff: boolean
  /** The session. */
  sid: number
  iat: number
  exp: number
}

export function claimsOf(access: string): Claims {
  return JSON.parse(atob(access.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/'))) as Claims
}
