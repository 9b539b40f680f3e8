import { type Context, Hono } from 'hono'
import { verifyAccess } from '../auth/require.ts'
import type { AppEnv } from '../env.ts'
import { AppError } from '../errors.ts'
import { isAllowedOrigin } from '../http/cross-origin.ts'
import { byCustomer, requireWithin } from '../http/rate-limit.ts'
import { validate } from '../http/validate.ts'
import { streamOf } from './knock.ts'
import type { End, Listening } from './listener.ts'
import { EventsQuery, LISTENING_HEADER } from './schema.ts'
import { closedSocket } from './socket-listener.ts'

/**
 * The token travels as a second subprotocol, because a browser can set no header of a WebSocket and a
 * URL ends up in logs. The first is the one that is selected.
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

interface Wish {
  staff: boolean
  since: number | 'now' | undefined
}

function listen(c: Context<AppEnv>, wish: Wish): Promise<Response> {
  const isGet = c.req.raw.method === 'GET' // a HEAD is answered by the same handler
  if (isGet && c.req.header('Upgrade')?.toLowerCase() === 'websocket') return listenBySocket(c, wish)
  if (isGet && /\btext\/event-stream\b/.test(c.req.header('Accept') ?? ''))
    return listenByEventSource(c, wish)
  throw new AppError(
    'upgrade_required',
    'Open a WebSocket here, or send Accept: text/event-stream for Server-Sent Events.',
  )
}

/** A refusal is a close code: a browser shows its page neither status nor body of a failed handshake. */
async function listenBySocket(c: Context<AppEnv>, wish: Wish): Promise<Response> {
  if (!isAllowedOrigin(c)) throw new AppError('origin_not_allowed', 'This origin may not listen here.')
  const offered = (c.req.header('Sec-WebSocket-Protocol') ?? '').split(',').map((name) => name.trim())
  const protocol: Record<string, string> = offered.includes(PROTOCOL)
    ? { 'Sec-WebSocket-Protocol': PROTOCOL }
    : {}
  const token = offered.find((name) => name.startsWith(TOKEN_PREFIX))?.slice(TOKEN_PREFIX.length)
  try {
    const { webSocket } = await connect(c, wish, { token, headers: { Upgrade: 'websocket' } })
    return new Response(null, { status: 101, webSocket, headers: protocol })
  } catch (error) {
    const why = error instanceof AppError ? refused[error.code] : undefined
    if (!why) throw error
    return closedSocket(why, protocol)
  }
}

const refused: Partial<Record<AppError['code'], End>> = {
  token_missing: 'token_invalid',
  token_invalid: 'token_invalid',
  not_staff: 'not_staff',
}

async function listenByEventSource(c: Context<AppEnv>, wish: Wish): Promise<Response> {
  const last = EventsQuery.safeParse({ since: c.req.header('Last-Event-ID') }).data?.since
  const answer = await connect(c, { ...wish, since: last ?? wish.since }, { headers: {} })
  if (answer.ok)
    return new Response(answer.body, {
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' },
    })
  throw refusalOf((await answer.json<{ ended: End }>()).ended)
}

function refusalOf(ended: End): AppError {
  switch (ended) {
    case 'not_staff':
      return new AppError('not_staff', 'Only staff may do this.')
    case 'reconnect':
    case 'replaced':
      return new AppError('temporarily_unavailable', 'Orders cannot be told just now. Please connect again.')
    default:
      return new AppError('token_revoked', 'This login has ended. Please log in again.')
  }
}

/** Verifies the token and hands the listener to its object, which asks D1 whether the login is live. */
async function connect(
  c: Context<AppEnv>,
  { staff, since }: Wish,
  { token, headers }: { token?: string | undefined; headers: Record<string, string> },
): Promise<Response> {
  const claims = await verifyAccess(c, token)
  if (staff && !claims.is_staff) throw new AppError('not_staff', 'Only staff may do this.')
  c.set('customer', claims)
  await requireWithin(c, 'LIMIT_LISTEN', byCustomer(c))
  const listening: Listening = {
    user_id: claims.user_id,
    login_id: claims.sid,
    staff,
    expires_at: claims.exp * 1000,
    connected_at: c.var.now,
    ...(since === 'now' ? { asksWhere: true } : { seen: since }),
  }
  const stream = streamOf(c.env.ORDER_STREAMS, staff ? 'staff' : claims)
  return stream.fetch(c.req.url, { headers: { ...headers, [LISTENING_HEADER]: JSON.stringify(listening) } })
}
