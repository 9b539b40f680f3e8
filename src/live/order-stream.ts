import { DurableObject } from 'cloudflare:workers'
import { isExpired, readToken, signingKeys } from '../auth/tokens.ts'
import { Db } from '../db/client.ts'
import type { Bindings } from '../env.ts'
import { RunLoop } from '../events/run-loop.ts'
import { isWithin } from '../http/rate-limit.ts'
import { toOrderEvent } from '../orders/events.ts'
import type { Listener, ListenerState } from './listener.ts'
import { PAGE, readLog } from './read-log.ts'
import { ClientMessage, STATE_HEADER } from './schema.ts'
import { SocketListener } from './socket-listener.ts'
import { SseListener } from './sse-listener.ts'

const PONG = '{"type":"pong"}'
const MAX_LISTENERS = { customer: 10, staff: 100 }
const MAX_MESSAGE_CHARACTERS = 4096
/** Types may be added: a client that knows more of them than this shop sends a few. */
const MAX_UNKNOWN_MESSAGES = 10
const RETRY_MILLISECONDS = 5000
/** Pages in a row, after which a listener must say how far it came by connecting again. */
const MAX_ROUNDS = 50

/**
 * Sends the events of orders to listeners: one object for each customer, one for all staff. It reads the
 * log in D1 in order, from each listener's cursor; a wake only says that there may be more. So nothing is
 * lost or out of order, whatever happens to wakes or to this object.
 */
export class OrderStream extends DurableObject<Bindings> {
  /** They go when the object does, and come back with Last-Event-ID. */
  readonly #sseListeners = new Set<SseListener>()
  readonly #loop = new RunLoop(
    () => this.#deliver(),
    (error) => this.#retryLater(error),
  )

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env)
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('{"type":"ping"}', PONG))
  }

  /** A new listener, whose token the Worker has verified. */
  override async fetch(request: Request): Promise<Response> {
    const state = JSON.parse(request.headers.get(STATE_HEADER)!) as ListenerState
    if (request.headers.get('Upgrade') === 'websocket') {
      const { 0: client, 1: server } = new WebSocketPair()
      this.ctx.acceptWebSocket(server)
      new SocketListener(server).state = state
      await this.#evictOldest(state)
      const delivered = this.wake()
      // "From now on" must have begun before the client hears that it is connected.
      if (state.cursor === undefined) await delivered
      else this.ctx.waitUntil(delivered)
      return new Response(null, { status: 101, webSocket: client })
    }
    const listener = new SseListener(state, {
      onReady: () => void this.wake(),
      onClose: (closed) => this.#sseListeners.delete(closed),
    })
    this.#sseListeners.add(listener)
    await this.#evictOldest(state)
    await this.wake()
    return listener.closed
      ? Response.json({ closed: listener.closed }, { status: 401 })
      : new Response(listener.stream)
  }

  /** There may be something new: an event, a revoked session. */
  wake(): Promise<void> {
    return this.#loop.wake()
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    if (typeof message !== 'string' || message.length > MAX_MESSAGE_CHARACTERS) {
      return socket.close(1009, `Messages are text of at most ${MAX_MESSAGE_CHARACTERS} characters.`)
    }
    const { data } = ClientMessage.safeParse(message)
    if (!data) return socket.close(1008, 'Messages are JSON objects with a type.')
    const listener = new SocketListener(socket)
    if (data.type === 'auth' || data.type === 'ping') {
      const { session_id } = listener.state
      if (!(await isWithin(this.env, 'LIMIT_LISTEN', String(session_id)))) return listener.close('reconnect')
      if (data.type === 'auth') await this.#renew(listener, data.access)
      else socket.send(PONG) // not in the spelling that the runtime answers by itself
    } else {
      const unknown_messages = (listener.state.unknown_messages ?? 0) + 1
      listener.state = { ...listener.state, unknown_messages }
      if (unknown_messages > MAX_UNKNOWN_MESSAGES) socket.close(1008, 'Too many messages of unknown types.')
    }
  }

  override async alarm(): Promise<void> {
    await this.wake()
  }

  /** Takes another token of the same account, before the last one expires. */
  async #renew(listener: SocketListener, access: string): Promise<void> {
    const { user_id, staff } = listener.state
    const claims = await readToken(access, 'access', signingKeys(this.env))
    if (!claims || isExpired(claims, Date.now()) || claims.user_id !== user_id)
      return listener.close('token_invalid')
    if (staff && !claims.is_staff) return listener.close('not_staff')
    // Not the state from before the token was verified: events may have been sent meanwhile.
    listener.state = { ...listener.state, session_id: claims.sid, expires_at: claims.exp * 1000 }
    await this.#setAlarm()
    await this.wake()
  }

  get #listeners(): Listener[] {
    const sockets = this.ctx.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN)
    return [...sockets.map((socket) => new SocketListener(socket)), ...this.#sseListeners]
  }

  /** Makes room for one more: the oldest is the most likely to be a connection that its client has lost. */
  async #evictOldest({ staff }: ListenerState): Promise<void> {
    const listeners = this.#listeners.toSorted((a, b) => a.state.connected_at - b.state.connected_at)
    const tooMany = listeners.length - MAX_LISTENERS[staff ? 'staff' : 'customer']
    for (const listener of listeners.slice(0, Math.max(0, tooMany))) listener.close('replaced')
    await this.#setAlarm()
  }

  /** Wakes the object when the next token expires, or sooner. */
  async #setAlarm(soonest = Infinity): Promise<void> {
    const expiries = this.#listeners.map(({ state }) => state.expires_at)
    if (expiries.length > 0) await this.ctx.storage.setAlarm(Math.min(soonest, ...expiries))
  }

  /** Sends the log to every listener until all are at its end. */
  async #deliver(): Promise<void> {
    for (let round = 1; await this.#deliverPage(round); round += 1) continue
    await this.#setAlarm()
  }

  async #retryLater(error: unknown): Promise<void> {
    console.error('The log of orders could not be read; trying again', error)
    // Where their "from now on" begins is not known, so nobody could say later what they missed.
    for (const listener of this.#listeners) {
      if (listener.state.cursor === undefined) listener.close('reconnect')
    }
    await this.#setAlarm(Date.now() + RETRY_MILLISECONDS)
  }

  /** Sends a page of the log to every listener that is ready; true if any has more to read. */
  async #deliverPage(round: number): Promise<boolean> {
    const now = Date.now()
    for (const listener of this.#listeners) {
      if (listener.state.expires_at <= now) listener.close('token_expired')
    }
    const listeners = this.#listeners.filter(({ isReady }) => isReady)
    if (listeners.length === 0) return false
    const states = listeners.map(({ state }) => state)
    const cursors = [...new Set(states.map(({ cursor }) => cursor).filter((id) => id !== undefined))]
    const { staff, user_id } = states[0]!
    const { active, last, pages } = await readLog(new Db(this.env.DB), {
      sessions: states.map(({ session_id }) => session_id),
      cursors,
      audience: staff ? 'staff' : { user_id },
      now,
    })
    const isStaff = new Map(active.map(({ session_id, is_staff }) => [session_id, is_staff === 1]))
    let more = false
    for (const [index, listener] of listeners.entries()) {
      if (!this.#listeners.some((each) => each.is(listener))) continue // closed meanwhile
      const { session_id, cursor, wantsPosition } = states[index]!
      // What was read is about the session it had: it has shown a token of another meanwhile.
      if (listener.state.session_id !== session_id) more = true
      else if (!isStaff.has(session_id)) listener.close('token_revoked')
      else if (staff && !isStaff.get(session_id)) listener.close('not_staff')
      else {
        // A client's cursor may be from a time that a restore has undone.
        const begin = Math.min(cursor ?? last, last)
        const page = cursor === undefined ? [] : pages[cursors.indexOf(cursor)]!
        if (wantsPosition) listener.send({ id: begin, type: 'listening' })
        for (const event of page) listener.send(toOrderEvent(event))
        listener.state = { ...listener.state, wantsPosition: false, cursor: page.at(-1)?.event_id ?? begin }
        if (page.length < PAGE) continue
        if (round < MAX_ROUNDS) more = true
        else listener.close('reconnect')
      }
    }
    return more
  }
}
