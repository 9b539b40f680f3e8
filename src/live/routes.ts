import { type Context, Hono } from 'hono'
import { verifyAccess } from '../auth/require.ts'
import { notStaff, sessionEnded } from '../auth/session-guard.ts'
import type { AppEnv } from '../http/app-env.ts'
import { AppError } from '../errors.ts'
import { isAllowedOrigin } from '../http/cross-origin.ts'
import { requireWithin } from '../http/rate-limit.ts'
import { validate } from '../http/validate.ts'
import { streamOf } from '../events/wake.ts'
import type { CloseReason, ListenerState } from './listener.ts'
import { EventsQuery, STATE_HEADER } from './schema.ts'
import { closedSocket } from './socket-listener.ts'

/**
 * The token travels as a second subprotocol, because browsers cannot set headers on a WebSocket,
 * and URLs end up in logs. The server selects the first subprotocol.
 */
const PROTOCOL = 'kiosk.v1'
const TOKEN_PREFIX = 'bearer.'

const query = validate('query', EventsQuery)

export const orderEventRoutes = new Hono<AppEnv>().get('/', query, (c) =>
  listen(c, { staff: false, since: c.req.valid('query').since }),
)

export const adminOrderEventRoutes = new Hono<AppEnv>().get('/', query, (c) =>
  listen(c, { staff: true, since: c.req.valid('query').since }),
)

interface Subscription {
  staff: boolean
  since: number | 'now' | undefined
}

function listen(c: Context<AppEnv>, subscription: Subscription): Promise<Response> {
  const isGet = c.req.raw.method === 'GET' // a HEAD is answered by the same handler
  if (isGet && c.req.header('Upgrade')?.toLowerCase() === 'websocket') return listenBySocket(c, subscription)
  if (isGet && /\btext\/event-stream\b/.test(c.req.header('Accept') ?? ''))
    return listenBySse(c, subscription)
  throw new AppError(
    'upgrade_required',
    'Open a WebSocket here, or send Accept: text/event-stream for Server-Sent Events.',
  )
}

/** Refuses with a close code: a browser hides the status and body of a failed handshake from the page. */
async function listenBySocket(c: Context<AppEnv>, subscription: Subscription): Promise<Response> {
  if (!isAllowedOrigin(c)) throw new AppError('origin_not_allowed', 'This origin may not listen here.')
  const offered = (c.req.header('Sec-WebSocket-Protocol') ?? '').split(',').map((name) => name.trim())
  const headers = {
    'X-Request-Id': c.var.requestId,
    ...(offered.includes(PROTOCOL) ? { 'Sec-WebSocket-Protocol': PROTOCOL } : {}),
  }
  const token = offered.find((name) => name.startsWith(TOKEN_PREFIX))?.slice(TOKEN_PREFIX.length)
  try {
    const { webSocket } = await connect(c, subscription, { token, headers: { Upgrade: 'websocket' } })
    return new Response(null, { status: 101, webSocket, headers })
  } catch (error) {
    const reason = error instanceof AppError ? closeReasons[error.code] : undefined
    if (!reason) throw error
    return closedSocket(reason, headers)
  }
}

const closeReasons: Partial<Record<AppError['code'], CloseReason>> = {
  token_missing: 'token_invalid',
  token_invalid: 'token_invalid',
  not_staff: 'not_staff',
}

async function listenBySse(c: Context<AppEnv>, subscription: Subscription): Promise<Response> {
  const last = EventsQuery.safeParse({ since: c.req.header('Last-Event-ID') }).data?.since
  const answer = await connect(c, { ...subscription, since: last ?? subscription.since }, { headers: {} })
  if (answer.ok)
    return c.body(answer.body!, 200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  throw errorOf((await answer.json<{ closed: CloseReason }>()).closed)
}

function errorOf(reason: CloseReason): AppError {
  switch (reason) {
    case 'not_staff':
      return notStaff()
    case 'reconnect':
    case 'replaced':
      return new AppError(
        'temporarily_unavailable',
        'The stream of orders is not available right now. Please connect again.',
      )
    default:
      return sessionEnded()
  }
}

/** Verifies the token and hands the listener to its object, which checks in D1 that the session is active. */
async function connect(
  c: Context<AppEnv>,
  { staff, since }: Subscription,
  { token, headers }: { token?: string | undefined; headers: Record<string, string> },
): Promise<Response> {
  const claims = await verifyAccess(c, token)
  if (staff && !claims.is_staff) throw notStaff()
  c.set('caller', claims)
  // By session, not account: a token of an ended session must not use up the account's limit.
  await requireWithin(c, 'LIMIT_LISTEN', String(claims.sid))
  const state: ListenerState = {
    user_id: claims.user_id,
    session_id: claims.sid,
    staff,
    expires_at: claims.exp * 1000,
    connected_at: c.var.now,
    ...(since === 'now' ? { wantsPosition: true } : { cursor: since }),
  }
  const stream = streamOf(c.env.ORDER_STREAMS, staff ? 'staff' : claims)
  try {
    return await stream.fetch(c.req.url, { headers: { ...headers, [STATE_HEADER]: JSON.stringify(state) } })
  } catch (error) {
    const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean }
    throw retryable || overloaded ? errorOf('reconnect') : error
  }
}
