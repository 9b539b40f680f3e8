import { claimsOf, inMemory, type TokenPair, type TokenStore, toTokenPair } from './token-store.ts'
import { Problem, problemIn } from './problem.ts'

export interface Options {
  /** Where the tokens are stored; in memory by default. See `inStorage`. */
  tokens?: TokenStore
  /** How often a request is retried after no response, 429, 502, 503 or 504; 4 by default. */
  retries?: number
  /** The longest wait before a retry, a minute by default; if the shop asks for more, the request fails. */
  longest_wait_ms?: number
  /** Called when the session has ended, here or elsewhere. */
  onLogOut?: () => void
  /** Replaces the global `fetch`. */
  fetch?: (request: Request) => Promise<Response>
}

export interface CallOptions {
  /** Aborts the call, its retries included. */
  signal?: AbortSignal | undefined
}

interface Message extends CallOptions {
  body?: object | undefined
  /** The Idempotency-Key, the same for every attempt. */
  key?: string | undefined
  ifMatch?: string | undefined
  /** Sends no token. */
  isPublic?: boolean
  /** The request fails if an earlier attempt took effect, so it is retried only if none did for certain. */
  isUnrepeatable?: boolean
}

const FIRST_WAIT_MILLISECONDS = 500
/** Statuses after which it is unknown whether the request took effect; 0 is no response. */
const UNCERTAIN = [0, 502, 503, 504]
const TOO_MANY_REQUESTS = 429

/** Sends requests to one shop: with the stored tokens, the newest bookmark, and retries where they are safe. */
export class Connection {
  readonly origin: string
  readonly store: TokenStore
  readonly #options: Options
  #renewing: Promise<void> | undefined
  /** The bookmark of the newest database state seen so far. */
  #bookmark = ''
  readonly #etags = new WeakMap<object, string>()

  constructor(url: string, options: Options) {
    this.origin = new URL(url).origin
    this.store = options.tokens ?? inMemory()
    this.#options = options
  }

  get account(): { user_id: number; is_staff: boolean } | undefined {
    const pair = this.store.get()
    if (!pair) return undefined
    const { user_id, is_staff } = claimsOf(pair.access)
    return { user_id, is_staff }
  }

  etagOf(resource: object): string | undefined {
    return this.#etags.get(resource)
  }

  /** Retries any method: requests that must not take effect twice have a key. */
  async send<Body>(method: string, path: string, message: Message = {}): Promise<Body> {
    const { signal, isPublic, isUnrepeatable } = message
    const { retries = 4, longest_wait_ms = 60_000 } = this.#options
    let hasRenewed = false
    let retried = 0
    for (;;) {
      const access = isPublic ? undefined : await this.access()
      const outcome = await this.#fetch(this.#request(method, path, message, access))
      if (!(outcome instanceof Problem)) return outcome as Body
      signal?.throwIfAborted()
      if (outcome.code === 'token_invalid' && access !== undefined && !hasRenewed) {
        hasRenewed = true
        await this.renew(access)
        continue
      }
      if (outcome.status === 401 && access !== undefined) this.forget(access)
      const wasRemoved = method === 'DELETE' && outcome.status === 404 && retried > 0
      if (wasRemoved) return undefined as Body // by an attempt whose response was lost
      const isUncertain = UNCERTAIN.includes(outcome.status)
      const isRetryable = isUncertain ? !isUnrepeatable : outcome.status === TOO_MANY_REQUESTS
      const wait = 1000 * (outcome.retry_after ?? 0) || backOff(retried)
      if (!isRetryable || retried === retries || wait > longest_wait_ms) throw outcome
      await pause(wait, signal)
      retried += 1
    }
  }

  /** The access token, renewed in time; undefined when logged out. */
  async access(): Promise<string | undefined> {
    const pair = this.store.get()
    if (pair && pair.renew_at <= Date.now()) await this.renew(pair.access)
    return this.store.get()?.access
  }

  /** Runs once at a time, and not at all if another tab has renewed the tokens already. */
  renew(access: string): Promise<void> {
    this.#renewing ??= this.#renew(access).finally(() => (this.#renewing = undefined))
    return this.#renewing
  }

  async #renew(access: string): Promise<void> {
    const pair = this.store.get()
    if (!pair || pair.access !== access) return
    try {
      await this.logIn('/api/token/refresh/', { refresh: pair.refresh })
    } catch (error) {
      const hasEnded = error instanceof Problem && error.status === 401
      if (!hasEnded || this.forget(access)) throw error
    }
  }

  /** Stores the token pair that this request returns. */
  async logIn(path: string, body: object, options: CallOptions = {}): Promise<void> {
    this.store.set(
      toTokenPair(await this.send<TokenPair>('POST', path, { ...options, body, isPublic: true })),
    )
  }

  /** Forgets the session of this token; false if it is no longer the stored one. */
  forget(access = this.store.get()?.access): boolean {
    if (access === undefined || this.store.get()?.access !== access) return false
    this.store.set(undefined)
    this.#options.onLogOut?.()
    return true
  }

  #request(method: string, path: string, message: Message, access: string | undefined): Request {
    const headers = new Headers()
    if (message.body) headers.set('Content-Type', 'application/json')
    if (message.key) headers.set('Idempotency-Key', message.key)
    if (message.ifMatch) headers.set('If-Match', message.ifMatch)
    if (access) headers.set('Authorization', `Bearer ${access}`)
    if (access && this.#bookmark) headers.set('X-D1-Bookmark', this.#bookmark)
    return new Request(new URL(path, this.origin), {
      method,
      headers,
      ...(message.body && { body: JSON.stringify(message.body) }),
      ...(message.signal && { signal: message.signal }),
    })
  }

  /** The body of the response, or a Problem. A response that breaks off counts as none. */
  async #fetch(request: Request): Promise<unknown> {
    const { fetch: send = (each) => fetch(each) } = this.#options
    try {
      const response = await send(request)
      const bookmark = response.headers.get('X-D1-Bookmark') ?? ''
      if (bookmark > this.#bookmark) this.#bookmark = bookmark // responses may arrive out of order
      if (response.status === 204 || response.status === 205) return undefined
      if (!response.ok || !isJson(response)) return await problemIn(response)
      const body = (await response.json()) as object
      const etag = response.headers.get('ETag')
      if (etag) this.#etags.set(body, etag)
      return body
    } catch (cause) {
      return new Problem('unreachable', 'The shop cannot be reached.', 0, {}, undefined, { cause })
    }
  }
}

/** False for the error page of a proxy in front of the shop. */
function isJson({ headers }: Response): boolean {
  return headers.get('Content-Type')?.startsWith('application/json') ?? false
}

/** Exponential backoff with jitter. */
export function backOff(retried: number, longest_ms = Infinity): number {
  return Math.min(longest_ms, FIRST_WAIT_MILLISECONDS * 2 ** retried) * (0.5 + Math.random() / 2)
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
  signal?.throwIfAborted()
}
