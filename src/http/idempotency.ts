import { hash } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { type IdempotentRequest, idempotently, RepeatedRequest, selectFirst } from '../db/idempotency.ts'
import { AppError, InvalidRequest } from '../errors.ts'
import { fieldError } from '../field-errors.ts'
import { secretHashesOf } from '../hmac.ts'
import type { AppEnv } from './app-env.ts'

/** How a route replays its response to a repeated request. */
interface Repeatable {
  /** The action and its target; together with the account, the scope of the key. */
  route: string | ((c: Context<AppEnv>) => string)
  resource: (c: Context<AppEnv>) => IdempotentRequest['resource']
  status?: (c: Context<AppEnv>) => IdempotentRequest['status']
  /** Responds with the resource as it is now; throws `not_found` if it is gone. */
  replay: (c: Context<AppEnv>, id: number) => Promise<Response>
}

/**
 * `Idempotency-Key`: 1 to 255 visible ASCII characters. A repeat within 24 h has no second effect and gets the
 * first status and the resource as it is now; a repeat with a different body is refused. The key is written in
 * the batch of the effect, so only successes are stored. Goes after validation and before the handler.
 */
export function idempotent({
  route,
  resource,
  status = () => 201,
  replay,
}: Repeatable): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const key = c.req.header('Idempotency-Key')
    if (key === undefined) return next()
    if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
      throw new InvalidRequest({ 'Idempotency-Key': [fieldError('not_idempotency_key', { max: 255 })] })
    }
    const { db, now, caller } = c.var
    const bytes = new Uint8Array(await c.req.arrayBuffer())
    const hashes = secretHashesOf(bytes, 'request bodies', c.env)
    const request: IdempotentRequest = {
      user_id: caller?.user_id ?? 0,
      route: typeof route === 'string' ? route : route(c),
      key,
      body_hash: hashes[0],
      resource: resource(c),
      status: status(c),
      now,
    }
    db.guard(idempotently(request))
    await next()
    if (!(c.error instanceof RepeatedRequest)) return
    const first = await db.first(selectFirst(request))
    // Until a day after the deploy of this code, there are keys with the plain SHA-256.
    const known = [...hashes, hash('sha256', bytes, 'base64url')]
    if (!first || !known.includes(first.body_hash)) {
      throw new AppError(
        'idempotency_key_reused',
        'This Idempotency-Key was already used with a different body.',
      )
    }
    const { body, headers } = await replay(c, first.resource_id!)
    c.res = new Response(body, { status: first.status!, headers })
    c.header('Idempotent-Replayed', 'true')
  }
}
