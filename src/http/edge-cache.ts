import type { Context, MiddlewareHandler } from 'hono'
import type { AppEnv } from './app-env.ts'

/**
 * Cloudflare's cache in front of the Worker ([cache] in wrangler.toml). It keeps what an answer allows
 * it to keep, and can be told to forget by tag. An answer that says nothing it would keep for two hours.
 */

/** An answer given from the cache is at most so old, whatever becomes of a purge. */
export const MAX_STALENESS_SECONDS = 60

/** Half of it fresh; in the other half an old answer is still given, while or because no new one is there. */
const HALF = MAX_STALENESS_SECONDS / 2

/**
 * Headers for an answer that is the same for everybody, kept at the edge until a purge of one of its
 * tags. Only there: a browser's copy cannot be purged, so a browser asks the edge whether its own still
 * is the newest. `public`, because customers send their token also where nobody asks for it.
 */
export function edgeCached(tags: readonly string[]): Record<string, string> {
  return {
    'Cache-Control': 'public, no-cache',
    'Cloudflare-CDN-Cache-Control': `public, max-age=${HALF}, stale-while-revalidate=${HALF}, stale-if-error=${HALF}`,
    'Cache-Tag': tags.join(','),
  }
}

/** What does not say otherwise is kept nowhere. What is kept belongs to no request. */
export const noStoreByDefault: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next()
  const { headers } = c.res
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store')
  else if (headers.has('Cache-Tag')) headers.delete('X-Request-Id')
}

/** Cloudflare takes a burst of 25 purges, then one every twelve seconds, of 100 tags each. */
const SHARED_MILLISECONDS = 12_000
const MAX_TAGS = 100

/** A replica may lag so long, and a reader may be on the way. */
const LAG_MILLISECONDS = 10_000

/** Changes that are close together: what each made old is purged once more, with that of the others. */
interface Burst {
  since: number
  tags: Set<string>
  /** A purge was refused. The others wait for the one at the end. */
  refused: boolean
}

/** Kept by the isolate; if that goes, age still bounds what is served. */
let burst: Burst | undefined

/**
 * Makes the cache forget the answers with any of these tags: at once, and once more when nothing can put
 * the old answer back, neither a replica that lags nor a reader who was on the way. Best effort, after
 * the answer. `everything` is the tag to use instead of too many.
 */
export function purge(c: Context<AppEnv>, tags: readonly string[], everything: string): void {
  const { cache } = c.executionCtx as ExecutionContext
  if (!cache) return
  const isOpen = burst !== undefined && c.var.now - burst.since < SHARED_MILLISECONDS
  const mine = isOpen ? burst! : { since: c.var.now, tags: new Set<string>(), refused: false }
  for (const tag of tags) mine.tags.add(tag)
  if (!mine.refused) c.executionCtx.waitUntil(send(cache, mine, tags))
  if (isOpen) return
  burst = mine
  c.executionCtx.waitUntil(purgeOnceMore(cache, mine, everything))
}

async function purgeOnceMore(cache: CacheContext, mine: Burst, everything: string): Promise<void> {
  await scheduler.wait(SHARED_MILLISECONDS)
  if (burst === mine) burst = undefined
  await scheduler.wait(LAG_MILLISECONDS)
  await send(cache, mine, mine.tags.size > MAX_TAGS ? [everything] : [...mine.tags])
}

async function send(cache: CacheContext, mine: Burst, tags: readonly string[]): Promise<void> {
  const { success, errors } = await cache.purge({ tags: [...tags] })
  if (success) return
  mine.refused = true
  console.warn('The cache was not purged; its answers age out', errors)
}
