import type { Context, MiddlewareHandler } from 'hono'
import type { AppEnv } from './app-env.ts'

/**
 * Cloudflare's cache in front of the Worker ([cache] in wrangler.toml). It stores responses as their headers
 * allow and purges them by tag. It would store a response without such headers for two hours.
 */

/** The maximum age of a response from the cache, even if a purge fails. */
export const MAX_STALENESS_SECONDS = 60

/** A response is fresh for the first half; in the second, the cache serves it only while it has no newer one. */
const HALF = MAX_STALENESS_SECONDS / 2

/**
 * Headers for a response that is the same for everyone, cached at the edge until one of its tags is purged. Only
 * at the edge: a browser's copy cannot be purged, so browsers revalidate theirs. `public`, because clients may
 * send a token even where none is required.
 */
export function edgeCached(tags: readonly string[]): Record<string, string> {
  return {
    'Cache-Control': 'public, no-cache',
    'Cloudflare-CDN-Cache-Control': `public, max-age=${HALF}, stale-while-revalidate=${HALF}, stale-if-error=${HALF}`,
    'Cache-Tag': tags.join(','),
  }
}

/** Keeps responses out of caches unless they allow it. A cacheable response answers many requests: it has no id. */
export const noStoreByDefault: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next()
  const { headers } = c.res
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store')
  else if (headers.get('Cache-Control')!.startsWith('public')) headers.delete('X-Request-Id')
}

/** Cloudflare allows a burst of 25 purges, then one every twelve seconds, of 100 tags each. */
const BURST_MILLISECONDS = 12_000
const MAX_TAGS = 100

/** Allowance for the lag of a replica and for reads in flight. */
const LAG_MILLISECONDS = 10_000

/** Changes that are close together share a second purge of all their tags. */
interface Burst {
  /** Milliseconds since 1970. */
  since: number
  tags: Set<string>
  /** Cloudflare refused a purge, so later changes rely on the second one. */
  refused: boolean
}

/** Lost with the isolate; the maximum age then still bounds staleness. */
let burst: Burst | undefined

/**
 * Purges the responses with any of these tags, best effort and after the response: immediately, and again once
 * neither a lagging replica nor a read in flight can put an old response back. `everything` is the tag to purge
 * instead of too many.
 */
export function purge(c: Context<AppEnv>, tags: readonly string[], everything: string): void {
  const { cache } = c.executionCtx as ExecutionContext
  if (!cache) return
  const isOpen = burst !== undefined && c.var.now - burst.since < BURST_MILLISECONDS
  const mine = isOpen ? burst! : { since: c.var.now, tags: new Set<string>(), refused: false }
  for (const tag of tags) mine.tags.add(tag)
  if (!mine.refused) c.executionCtx.waitUntil(send(cache, mine, tags))
  if (isOpen) return
  burst = mine
  c.executionCtx.waitUntil(purgeAgain(cache, mine, everything))
}

async function purgeAgain(cache: CacheContext, mine: Burst, everything: string): Promise<void> {
  await scheduler.wait(BURST_MILLISECONDS)
  if (burst === mine) burst = undefined
  await scheduler.wait(LAG_MILLISECONDS)
  await send(cache, mine, mine.tags.size > MAX_TAGS ? [everything] : [...mine.tags])
}

async function send(cache: CacheContext, mine: Burst, tags: readonly string[]): Promise<void> {
  const { success, errors } = await cache.purge({ tags: [...tags] })
  if (success) return
  mine.refused = true
  console.warn('Could not purge the cache; its responses expire by age', errors)
}
