import { env } from 'cloudflare:workers'
import { app } from '../src/app.ts'
import type { Bindings } from '../src/env.ts'

interface Kept {
  status: number
  headers: Headers
  body: string
  tags: string[]
  /** Seconds on the cache's clock. */
  stored: number
  control: Map<string, string>
  /** The request headers that the response varies by, with their values. */
  varies: [name: string, value: string | null][]
}

/** How long Cloudflare stores a response without cache headers. */
const HEURISTIC_SECONDS: Record<number, number> = { 200: 7200, 204: 7200, 404: 180, 405: 60 }

/**
 * A model of Cloudflare's cache in front of a Worker, as documented: RFC 9111 freshness on a clock that the test
 * moves, `stale-while-revalidate` and `stale-if-error` (RFC 5861), Vary, a key without the host, purge by tag. It
 * stores a response that was in flight during a purge.
 */
export class EdgeCache {
  /** Seconds. */
  clock = 0
  purges: string[][] = []
  /** The outcome of a purge. */
  purging: 'works' | 'is refused' | 'is lost' = 'works'
  readonly #kept = new Map<string, Kept[]>()
  readonly #bindings: Bindings
  readonly #background: Promise<unknown>[] = []

  constructor(bindings: Partial<Bindings> = {}) {
    this.#bindings = { ...env, ...bindings }
  }

  /** The Worker itself, bypassing the cache. */
  async origin(request: Request): Promise<Response> {
    const ctx = {
      waitUntil: (promise: Promise<unknown>) => void this.#background.push(promise),
      passThroughOnException() {},
      cache: { purge: (options: { tags: string[] }) => Promise.resolve(this.#purge(options)) },
    }
    return app.fetch(request, this.#bindings, ctx as unknown as ExecutionContext)
  }

  /** Waits 20 ms at most for work after the response: the second purge of an edit takes longer. */
  async settle(): Promise<void> {
    await Promise.race([
      Promise.all(this.#background.splice(0)),
      new Promise((resolve) => setTimeout(resolve, 20)),
    ])
  }

  async fetch(request: Request): Promise<Response> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return this.origin(request)
    const kept = this.#find(request)
    if (!kept) return this.#fill(request)
    const age = this.clock - kept.stored
    const fresh = kept.control.has('no-cache') ? 0 : lifetime(kept)
    if (age < fresh) return serve(kept, age, request, 'HIT')
    if (age < fresh + seconds(kept, 'stale-while-revalidate')) {
      this.#background.push(this.#fill(new Request(request.url, request)))
      return serve(kept, age, request, 'UPDATING')
    }
    const answer = await this.#fill(request)
    return answer.status >= 500 && age < fresh + seconds(kept, 'stale-if-error')
      ? serve(kept, age, request, 'STALE')
      : answer
  }

  async #fill(request: Request): Promise<Response> {
    const answer = await this.origin(new Request(request.url, { method: 'GET', headers: request.headers }))
    const body = await answer.text()
    const control = directives(answer.headers)
    const toldNothing = !answer.headers.has('Cache-Control')
    const mayKeep =
      !control.has('no-store') &&
      !control.has('private') &&
      (!request.headers.has('Authorization') || control.has('public')) &&
      (toldNothing ? answer.status in HEURISTIC_SECONDS : answer.status === 200)
    const kept: Kept = {
      status: answer.status,
      headers: answer.headers,
      body,
      tags: (answer.headers.get('Cache-Tag') ?? '').toLowerCase().split(','),
      stored: this.clock,
      control,
      varies: (answer.headers.get('Vary') ?? '')
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean)
        .map((name) => [name, headerOf(request, name)]),
    }
    if (mayKeep) {
      const others = this.#kept.get(keyOf(request)) ?? []
      this.#kept.set(keyOf(request), [kept, ...others.filter((other) => !matches(other, request))])
    }
    return serve(kept, 0, request, mayKeep ? 'MISS' : 'BYPASS')
  }

  #find(request: Request): Kept | undefined {
    const kept = this.#kept.get(keyOf(request))?.find((each) => matches(each, request))
    return kept && request.headers.has('Authorization') && !kept.control.has('public') ? undefined : kept
  }

  #purge({ tags }: { tags: string[] }) {
    this.purges.push(tags)
    if (tags.length > 100) throw new Error('Cloudflare takes 100 tags a call')
    if (this.purging === 'is refused')
      return { success: false, errors: [{ code: 10_000, message: 'rate limited' }] }
    if (this.purging === 'works') {
      for (const [key, variants] of this.#kept) {
        if (variants.some((kept) => kept.tags.some((tag) => tags.includes(tag)))) this.#kept.delete(key)
      }
    }
    return { success: true, errors: [] }
  }
}

function keyOf(request: Request): string {
  const { pathname, search } = new URL(request.url)
  return pathname + search
}

function matches({ varies }: Kept, request: Request): boolean {
  return varies.every(([name, value]) => headerOf(request, name) === value)
}

/** Host is not a header of a Request; it is in the URL. */
function headerOf(request: Request, name: string): string | null {
  return name.toLowerCase() === 'host' ? new URL(request.url).host : request.headers.get(name)
}

function directives(headers: Headers): Map<string, string> {
  const told =
    headers.get('Cloudflare-CDN-Cache-Control') ??
    headers.get('CDN-Cache-Control') ??
    headers.get('Cache-Control') ??
    ''
  return new Map(
    told
      .split(',')
      .map((directive) => directive.trim().split('=') as [string, string])
      .filter(([name]) => name !== ''),
  )
}

function lifetime({ control, status }: Kept): number {
  return control.size === 0 ? HEURISTIC_SECONDS[status]! : Number(control.get('max-age') ?? 0)
}

/** These three forbid stale responses. Without `stale-if-error`, Cloudflare serves stale responses for ever. */
function seconds({ control }: Kept, directive: 'stale-while-revalidate' | 'stale-if-error'): number {
  if (['s-maxage', 'must-revalidate', 'proxy-revalidate'].some((name) => control.has(name))) return 0
  return Number(control.get(directive) ?? (directive === 'stale-if-error' ? Infinity : 0))
}

function serve(kept: Kept, age: number, request: Request, cacheStatus: string): Response {
  const headers = new Headers(kept.headers)
  headers.delete('Cache-Tag')
  headers.delete('Cloudflare-CDN-Cache-Control')
  headers.set('Age', String(age))
  headers.set('CF-Cache-Status', cacheStatus)
  const tag = headers.get('ETag')
  const known = request.headers.get('If-None-Match')
  if (kept.status === 200 && tag !== null && known?.includes(tag))
    return new Response(null, { status: 304, headers })
  const bodiless = request.method === 'HEAD' || kept.status === 304 || kept.status === 204
  return new Response(bodiless ? null : kept.body, { status: kept.status, headers })
}
