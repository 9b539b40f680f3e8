import { claimsOf, inMemory, type TokenPair, type TokenStore, toTokenPair } from './token-store.ts'
import { Problem, problemIn } from './problem.ts'

export interface Options {
  /** Where the tokens are stored; in memory by default, see `inStorage`. */
  tokens?: TokenStore
  /** How often a request is tried again after no answer, 429, 502, 503 and 504; 4 by default. */
  retries?: number
  /** The longest wait before another try; where the shop asks for more, the request fails. A minute by default. */
  longest_wait_ms?: number
  /** The session has ended, here or elsewhere. */
  onLogOut?: () => void
  fetch?: (request: Request) => Promise<Response>
}

export interface Sent {
  signal?: AbortSignal | undefined
}

interface Message extends Sent {
  body?: object | undefined
  /** Its Idempotency-Key: every try has the same. */
  key?: string | undefined
  ifMatch?: string | undefined
  /** Goes without a token. */
  isPublic?: boolean
  /** A second time would be refused where the first had its effect, so it is tried again only if that is certain. */
  isOnce?: boolean
}

const FIRST_WAIT_MILLISECONDS = 500
/** No answer, and statuses: those after which a request may have had its effect, and may not. */
const UNCERTAIN = [0, 502, 503, 504]
const REFUSED_FOR_NOW = 429

/** Requests to one shop: with the stored tokens, retried where that is safe, each seeing what the last one did. */
export class Connection {
  readonly origin: string
  readonly store: TokenStore
  readonly #options: Options
  #renewing: Promise<void> | undefined
  /** Of the newest state of the database that we saw. */
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

  etagOf(answer: object): string | undefined {
    return this.#etags.get(answer)
  }

  /** Every method can be tried again: what would count twice has a key. */
  async send<Answer>(method: string, path: string, message: Message = {}): Promise<Answer> {
    const { signal, isPublic, isOnce } = message
    const { retries = 4, longest_wait_ms = 60_000 } = this.#options
    let hasRenewed = false
    let tried = 0
    for (;;) {
      const access = isPublic ? undefined : await this.access()
      const outcome = await this.#try(this.#request(method, path, message, access))
      if (!(outcome instanceof Problem)) return outcome as Answer
      signal?.throwIfAborted()
      if (outcome.code === 'token_invalid' && access !== undefined && !hasRenewed) {
        hasRenewed = true
        await this.renew(access)
        continue
      }
      if (outcome.status === 401 && access !== undefined) this.forget(access)
      const wasRemoved = method === 'DELETE' && outcome.status === 404 && tried > 0
      if (wasRemoved) return undefined as Answer // by a try whose answer got lost
      const isUncertain = UNCERTAIN.includes(outcome.status)
      const isTriedAgain = isUncertain ? !isOnce : outcome.status === REFUSED_FOR_NOW
      const wait = 1000 * (outcome.retry_after ?? 0) || backOff(tried)
      if (!isTriedAgain || tried === retries || wait > longest_wait_ms) throw outcome
      await pause(wait, signal)
      tried += 1
    }
  }

  /** The access token, renewed in time; undefined when logged out. */
  async access(): Promise<string | undefined> {
    const pair = this.store.get()
    if (pair && pair.renew_at <= Date.now()) await this.renew(pair.access)
    return this.store.get()?.access
  }

  /** One at a time, and not when another tab did it already. */
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

  /** Keeps the pair of tokens that this gets. */
  async logIn(path: string, body: object, sent: Sent = {}): Promise<void> {
    this.store.set(toTokenPair(await this.send<TokenPair>('POST', path, { ...sent, body, isPublic: true })))
  }

  /** The session of this token has ended; false if there is another by now, or none. */
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

  /** The answer, or what stood against it; an answer that breaks off is none. */
  async #try(request: Request): Promise<unknown> {
    const { fetch: send = (each) => fetch(each) } = this.#options
    try {
      const response = await send(request)
      const bookmark = response.headers.get('X-D1-Bookmark') ?? ''
      if (bookmark > this.#bookmark) this.#bookmark = bookmark // answers may overtake each other
      if (response.status === 204 || response.status === 205) return undefined
      if (!response.ok || !isJson(response)) return await problemIn(response)
      const answer = (await response.json()) as object
      const etag = response.headers.get('ETag')
      if (etag) this.#etags.set(answer, etag)
      return answer
    } catch (cause) {
      return new Problem('unreachable', 'The shop cannot be reached.', 0, {}, undefined, { cause })
    }
  }
}

/** Not the page of a proxy that stands before the shop. */
function isJson({ headers }: Response): boolean {
  return headers.get('Content-Type')?.startsWith('application/json') ?? false
}

/** Longer each time, and not everybody at once. */
export function backOff(tried: number, longest_ms = Infinity): number {
  return Math.min(longest_ms, FIRST_WAIT_MILLISECONDS * 2 ** tried) * (0.5 + Math.random() / 2)
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
  signal?.throwIfAborted()
}
