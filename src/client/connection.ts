import type { LogInTokens, Tokens } from './api.ts'
import { backOff, pause, untilAborted } from './back-off.ts'
import { claimsOf, inMemory, type TokenPair, type TokenStore, toTokenPair } from './token-store.ts'
import { Problem, problemIn } from './problem.ts'

export interface Options {
  /** Where the tokens are stored; in memory by default. See `inStorage`. */
  tokens?: TokenStore
  /**
   * How often a request that is safe to repeat is retried if there is no response, or after 429, 502, 503 or 504; 4 by
   * default. A log-in is not retried after 429.
   */
  retries?: number
  /** The longest wait before a retry, a minute by default. A request that would have to wait longer fails. */
  longest_wait_ms?: number
  /** Called before a wait of more than two seconds, so that the user can be told. */
  onWait?: (wait: Wait) => void
  /** Called when the session has ended, unless another client with the same store has forgotten it first. */
  onLogOut?: () => void
  /** Replaces the global `fetch`. */
  fetch?: (request: Request) => Promise<Response>
}

/** A wait before the next attempt. */
export interface Wait {
  seconds: number
  /** Why the last attempt failed. */
  reason: Problem
  /** Method and path, such as `GET /api/cart/`. */
  request: string
}

export interface CallOptions {
  /** Aborts the call, its retries included. */
  signal?: AbortSignal | undefined
}

export interface Account {
  user_id: number
  is_staff: boolean
  /** True for a customer without e-mail and password: see `shop.guest`. */
  is_guest: boolean
}

interface Message extends CallOptions {
  /** Sent as JSON, but a Blob as it is, with its type. Each attempt reads it again, so it may be a getter. */
  body?: object | undefined
  /** The Idempotency-Key, the same for every attempt. */
  key?: string | undefined
  ifMatch?: string | undefined
  /** Sends no token. */
  isPublic?: boolean
  /** The statuses after which another attempt can succeed; 0 is no response. All of RETRYABLE by default. */
  retryAfter?: readonly number[] | undefined
  /**
   * The access token that the request renews. There is no further attempt once the store has another token. Once an
   * attempt may have taken effect, the next ones follow without the wait that the shop asks for.
   */
  renews?: string
}

/** A shorter wait is no news. */
const LONG_WAIT_MILLISECONDS = 2000
/** No response, or one that says that the shop cannot answer now. */
const UNAVAILABLE = [0, 502, 503, 504]
const RETRYABLE = [...UNAVAILABLE, 429]

/** Sends requests to one shop: with the stored tokens, the newest bookmark, and retries where they are safe. */
export class Connection {
  readonly origin: string
  readonly store: TokenStore
  readonly fetch: (request: Request) => Promise<Response>
  readonly #options: Options
  /**
   * The work that simultaneous calls share: the renewal of a token, by that token, and the start of a guest, by
   * `guest`.
   */
  readonly #running = new Map<string, Promise<void>>()
  /** The bookmark of the newest database state seen so far. Empty asks for the newest state there is. */
  #bookmark = ''
  /** How many events have been seen: responses to earlier requests may lack what they tell. */
  #events = 0
  readonly #etags = new WeakMap<object, string>()

  constructor(url: string, options: Options) {
    this.origin = new URL(url).origin
    this.store = options.tokens ?? inMemory()
    this.fetch = (request) => (options.fetch ?? fetch)(request) // not as a method: browsers refuse that
    this.#options = options
  }

  get account(): Account | undefined {
    const pair = this.store.get()
    if (!pair) return undefined
    const { user_id, is_staff } = claimsOf(pair.access)
    return { user_id, is_staff, is_guest: pair.is_guest === true }
  }

  etagOf(resource: object): string | undefined {
    return this.#etags.get(resource)
  }

  /** Retries any method: a request that must not take effect twice needs a key, or no statuses in `retryAfter`. */
  async send<Body>(method: string, path: string, message: Message = {}): Promise<Body> {
    const { signal, isPublic, retryAfter = RETRYABLE, renews } = message
    const { retries = 4, longest_wait_ms = 60_000 } = this.#options
    let hasRenewed = false
    let retried = 0
    let failure: Problem | undefined
    /** Whether an earlier attempt may have taken effect. */
    let mayBeDone = false
    let caller: number | undefined
    for (;;) {
      const access = isPublic ? undefined : await this.access(signal)
      const user_id = access === undefined ? undefined : claimsOf(access).user_id
      if (failure && user_id !== caller) throw failure // a retry must not act for another account
      if (failure && renews && !this.#pairOf(renews)) throw failure
      caller = user_id
      const outcome = await this.#fetch(this.#request(method, path, message, access))
      if (!(outcome instanceof Problem)) return outcome as Body
      signal?.throwIfAborted()
      if (outcome.code === 'token_invalid' && access !== undefined && !hasRenewed) {
        hasRenewed = true
        failure = outcome
        await this.renew(access, signal)
        continue
      }
      if (outcome.status === 401 && access !== undefined) this.forget(access)
      const wasRemoved = method === 'DELETE' && outcome.status === 404 && mayBeDone
      if (wasRemoved) return undefined as Body // by an attempt whose response was lost
      mayBeDone ||= outcome.status !== 429
      const asked = renews && mayBeDone ? 0 : 1000 * (outcome.retry_after ?? 0)
      const wait = asked || backOff(retried)
      const isRetryable = retryAfter.includes(outcome.status) && wait <= longest_wait_ms
      if (!isRetryable || retried === retries) throw outcome
      this.announceWait(wait, outcome, `${method} ${path}`)
      await pause(wait, signal)
      failure = outcome
      retried += 1
    }
  }

  /** An event has no bookmark, so the next read must come from the primary to have what the event tells. */
  sawEvent(): void {
    this.#bookmark = ''
    this.#events += 1
  }

  announceWait(milliseconds: number, reason: Problem, request: string): void {
    if (milliseconds <= LONG_WAIT_MILLISECONDS) return
    this.#options.onWait?.({ seconds: Math.ceil(milliseconds / 1000), reason, request })
  }

  /** The access token, renewed in time; undefined when logged out. */
  async access(signal?: AbortSignal): Promise<string | undefined> {
    const pair = this.store.get()
    if (pair && pair.renew_at <= Date.now()) await this.renew(pair.access, signal)
    return this.store.get()?.access
  }

  /** Runs once at a time, and not at all if another tab has renewed the tokens already. */
  renew(access: string, signal?: AbortSignal): Promise<void> {
    return this.#once(access, () => this.#renew(access), signal)
  }

  async #renew(access: string): Promise<void> {
    const pair = this.#pairOf(access)
    if (!pair) return
    try {
      const body = { refresh: pair.refresh }
      // The shop takes a used refresh token again for ten seconds; later it ends the session.
      const message = { body, isPublic: true, renews: access }
      const tokens = await this.send<Tokens>('POST', '/api/token/refresh/', message)
      const stored = this.#pairOf(access)
      if (stored) this.store.set(toTokenPair(tokens, stored.is_guest))
    } catch (error) {
      if (!this.#pairOf(access)) return // another tab has renewed the tokens, or the session is no longer stored
      if (error instanceof Problem && error.status === 401) this.forget(access)
      throw error
    }
  }

  /** The stored pair, if it has this token. */
  #pairOf(access: string): TokenPair | undefined {
    const pair = this.store.get()
    return pair?.access === access ? pair : undefined
  }

  /** Not retried after 429, since a retry repeats the same guess of a password: the user decides what to try next. */
  async logIn(credentials: object, options: CallOptions = {}): Promise<LogInTokens> {
    const { store } = this
    const message = {
      ...options,
      isPublic: true,
      retryAfter: UNAVAILABLE,
      get body() {
        const pair = store.get()
        return pair?.is_guest ? { ...credentials, guest: pair.refresh } : credentials
      },
    }
    const tokens = await this.send<LogInTokens>('POST', '/api/token/', message)
    this.store.set(toTokenPair(tokens))
    return tokens
  }

  /** Runs once at a time. */
  startGuest(signal?: AbortSignal): Promise<void> {
    return this.#once('guest', () => this.#startGuest(), signal)
  }

  /** Stores no guest if there is a session, also one that has started meanwhile. */
  async #startGuest(): Promise<void> {
    if (this.store.get()) return
    const tokens = await this.send<Tokens>('POST', '/api/users/guest/', { isPublic: true })
    if (!this.store.get()) this.store.set(toTokenPair(tokens, true))
  }

  /** The guest has become this account, with the same tokens. */
  registered(user_id: number): void {
    const pair = this.store.get()
    if (pair && this.account?.user_id === user_id) this.store.set({ ...pair, is_guest: false })
  }

  /** Forgets the session of this token, unless another token is stored. */
  forget(access: string): void {
    if (!this.#pairOf(access)) return
    this.store.set(undefined)
    this.#options.onLogOut?.()
  }

  /** Forgets the session of this token, even if the token has been renewed, but no other session. */
  forgetSession(token: string): void {
    const access = this.store.get()?.access
    if (access && claimsOf(access).sid === claimsOf(token).sid) this.forget(access)
  }

  /** Simultaneous calls share the work of the first. The signal of a call ends its wait, and not the work. */
  async #once(name: string, work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const running = this.#running.get(name) ?? work().finally(() => this.#running.delete(name))
    this.#running.set(name, running)
    return untilAborted(running, signal)
  }

  #request(method: string, path: string, message: Message, access: string | undefined): Request {
    const headers = new Headers()
    const { body } = message
    const isFile = body instanceof Blob
    if (body && !isFile) headers.set('Content-Type', 'application/json')
    if (message.key) headers.set('Idempotency-Key', message.key)
    if (message.ifMatch) headers.set('If-Match', message.ifMatch)
    if (access) headers.set('Authorization', `Bearer ${access}`)
    if (access && this.#bookmark) headers.set('X-D1-Bookmark', this.#bookmark)
    return new Request(new URL(path, this.origin), {
      method,
      headers,
      ...(body && { body: isFile ? body : JSON.stringify(body) }),
      ...(message.signal && { signal: message.signal }),
    })
  }

  /** The body of the response, or a Problem. A response that breaks off counts as none. */
  async #fetch(request: Request): Promise<unknown> {
    const events = this.#events
    try {
      const response = await this.fetch(request)
      const bookmark = response.headers.get('X-D1-Bookmark') ?? ''
      const isCurrent = events === this.#events && bookmark > this.#bookmark // responses may arrive out of order
      if (isCurrent) this.#bookmark = bookmark
      if (response.status === 204 || response.status === 205) return undefined
      if (response.ok && isOfType('text/csv', response)) return await response.blob()
      if (!response.ok || !isOfType('application/json', response)) return await problemIn(response)
      const body = (await response.json()) as object
      const etag = response.headers.get('ETag')
      if (etag) this.#etags.set(body, etag)
      return body
    } catch (cause) {
      return new Problem('unreachable', 'The shop cannot be reached.', 0, {}, undefined, { cause })
    }
  }
}

/** The error page of a proxy in front of the shop is of another type. */
function isOfType(type: string, { headers }: Response): boolean {
  return headers.get('Content-Type')?.startsWith(type) ?? false
}
