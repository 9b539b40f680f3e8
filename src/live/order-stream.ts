import { DurableObject } from 'cloudflare:workers'
import { isExpired, readToken, signingKeys } from '../auth/tokens.ts'
import { Db } from '../db/client.ts'
import type { Bindings } from '../env.ts'
import { endListening } from '../events/listening.ts'
import { RunLoop } from '../events/run-loop.ts'
import { type Audience, wakeWebhooks } from '../events/wake.ts'
import { isWithin } from '../http/rate-limit.ts'
import { isReplaying, type Listener, type ListenerState, toMessage } from './listener.ts'
import { type Page, readLog } from './read-log.ts'
import { ReplayBudget } from './replay-budget.ts'
import { ClientMessage, STATE_HEADER } from './schema.ts'
import { SocketListener } from './socket-listener.ts'
import { SseListener } from './sse-listener.ts'

const PONG = '{"type":"pong"}'
const MAX_LISTENERS = { customer: 10, staff: 100 }
const MAX_MESSAGE_CHARACTERS = 4096
/** A newer client may send types that this shop does not know yet. */
const MAX_UNKNOWN_MESSAGES = 10
const RETRY_MILLISECONDS = 5000
/** The key of the audience in the object's storage, while it has a row in listening_streams. */
const LISTENING = 'listening'
/** Pages read per run; an alarm starts the next run. A client that connects meanwhile waits for the end of the run. */
const MAX_ROUNDS = 20
/**
 * The runtime buffers without a limit what a client does not read, and does not tell how much that is
 * (workerd#988). A client that reconnects reports the last event it received.
 */
const MAX_SENT_BYTES = 4 * 1024 * 1024

/**
 * Sends the events of orders to listeners: one object for each customer, one for all staff. It reads the
 * log in D1 in order, from the listeners' cursors; a wake only says that there may be more. So nothing is
 * lost or out of order, whatever happens to wakes or to this object.
 */
export class OrderStream extends DurableObject<Bindings> {
  /** Lost when the object is evicted; clients reconnect with Last-Event-ID. */
  readonly #sseListeners = new Set<SseListener>()
  readonly #budget = new ReplayBudget(this.ctx.storage.kv)
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
      const delivered = this.wake()
      // The start position must be known before the handshake completes.
      if (state.cursor === undefined) await delivered
      else this.ctx.waitUntil(delivered)
      return new Response(null, { status: 101, webSocket: client })
    }
    const listener = new SseListener(state, {
      onReady: () => void this.wake(),
      onClose: (closed) => this.#sseListeners.delete(closed),
    })
    this.#sseListeners.add(listener)
    await this.wake()
    return listener.closed
      ? Response.json({ closed: listener.closed }, { status: 401 })
      : new Response(listener.stream)
  }

  /** Reads the log again: an event was added or a session was revoked. */
  async wake(): Promise<void> {
    await Promise.all([this.#loop.wake(), wakeWebhooks(this.env, this.#webhooks)])
  }

  get #webhooks(): number[] {
    return this.ctx.storage.kv.get<number[]>('webhooks') ?? []
  }

  /**
   * Sets which endpoints of webhooks the stream of staff wakes when it is woken. While there are any, the stream counts
   * as listening, so that a request need not ask for endpoints.
   */
  async setWebhooks(ids: readonly number[]): Promise<void> {
    this.ctx.storage.kv.put('webhooks', ids)
    // The Worker inserted the row in listening_streams: noted here, the next run without listeners deletes it.
    if (ids.length === 0) this.#noteListening('staff')
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    // Messages that the client sent before it knew of the close are still delivered.
    if (socket.readyState !== WebSocket.OPEN) return
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
      else socket.send(PONG) // the runtime answers only the exact text itself
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
    await this.wake()
  }

  get #listeners(): Listener[] {
    const sockets = this.ctx.getWebSockets().map((socket) => new SocketListener(socket))
    return [...sockets.filter(({ isOpen }) => isOpen), ...this.#sseListeners]
  }

  /**
   * Makes room among listeners whose sessions are active: a revoked session must not evict an active one. The
   * oldest is the most likely to be one that its client has lost.
   */
  #evictOldest(active: readonly Listener[]): void {
    const oldestFirst = active.toSorted((a, b) => a.state.connected_at - b.state.connected_at)
    const most = MAX_LISTENERS[active[0]?.state.staff ? 'staff' : 'customer']
    for (const listener of oldestFirst.slice(0, Math.max(0, active.length - most))) listener.close('replaced')
  }

  /** Sets the alarm to the next token expiry or `soonest`. Writes only if the time changed. */
  async #setAlarm(soonest: number): Promise<void> {
    const states = this.#listeners.map(({ state }) => state)
    if (states.length === 0) return
    const at = Math.min(soonest, ...states.map(({ expires_at }) => expires_at))
    if (at !== (await this.ctx.storage.getAlarm())) await this.ctx.storage.setAlarm(at)
  }

  /** When the first replay that waits for its account's budget continues; Infinity if none waits. */
  #resumeAt(): number {
    const waiting = this.#listeners.filter(({ isReady, state }) => isReady && isReplaying(state))
    return Math.min(...waiting.map(({ state }) => this.#budget.resumesAt(state.user_id, Date.now())))
  }

  #isPaused(state: Pick<ListenerState, 'user_id' | 'cursor' | 'replay_end'>, now: number): boolean {
    return isReplaying(state) && this.#budget.resumesAt(state.user_id, now) > now
  }

  /** Sends the log to every listener until all are at its end. */
  async #deliver(): Promise<void> {
    let more = true
    for (let round = 0; more && round < MAX_ROUNDS; round += 1) more = await this.#deliverPage()
    await this.#setAlarm(more ? Date.now() : this.#resumeAt())
  }

  /** Stored, because SSE listeners are lost with an object that is evicted, and the row in D1 is not. */
  #noteListening(audience: Audience): void {
    if (!this.ctx.storage.kv.get(LISTENING)) this.ctx.storage.kv.put(LISTENING, audience)
  }

  /** Within a run, so that a listener who connects meanwhile is noted after it. */
  async #endListening(): Promise<void> {
    const audience = this.ctx.storage.kv.get<Audience>(LISTENING)
    if (!audience || this.#webhooks.length > 0) return
    await new Db(this.env.DB).all(endListening(audience))
    this.ctx.storage.kv.delete(LISTENING)
  }

  async #retryLater(error: unknown): Promise<void> {
    console.error('Could not read the order event log; trying again', error)
    // Their start position is still unknown, so missed events could not be replayed.
    for (const listener of this.#listeners) {
      if (listener.state.cursor === undefined) listener.close('reconnect')
    }
    await this.#setAlarm(Date.now() + RETRY_MILLISECONDS)
  }

  /**
   * Reads one page for all listeners that replay, from the lowest of their cursors, and one for all others,
   * so that a replay delays no live event. Sends each listener its events; returns true if any has more to read.
   */
  async #deliverPage(): Promise<boolean> {
    const now = Date.now()
    for (const listener of this.#listeners) {
      if (listener.state.expires_at <= now) listener.close('token_expired')
    }
    const listeners = this.#listeners
    if (listeners.length === 0) {
      await this.#endListening()
      return false
    }
    const states = listeners.map(({ state }) => state)
    const reading = states.filter((state, index) => listeners[index]!.isReady && !this.#isPaused(state, now))
    const replaying = lowest(reading.filter((state) => isReplaying(state)))
    const live = lowest(reading.filter((state) => !isReplaying(state)))
    const { staff, user_id } = states[0]!
    const audience: Audience = staff ? 'staff' : { user_id }
    this.#noteListening(audience)
    const db = new Db(this.env.DB)
    const { active, last, pages } = await readLog(db, {
      sessions: states.map(({ session_id }) => session_id),
      cursors: [replaying, live].flatMap((state) => state?.cursor ?? []),
      audience,
      now,
    })
    if (replaying && pages[0]!.messages.length > 0)
      this.#budget.spend(replaying.user_id, { rows: db.usage.rows_read }, now)
    const isStaff = new Map(active.map(({ session_id, is_staff }) => [session_id, is_staff === 1]))
    let more = false
    const checked = listeners.filter((listener, index) => {
      const { session_id } = states[index]!
      if (!listener.isOpen) return false
      // The result is for the listener's previous session: it has switched to another token since.
      if (listener.state.session_id !== session_id) more = true
      else if (!isStaff.has(session_id)) listener.close('token_revoked')
      else if (staff && !isStaff.get(session_id)) listener.close('not_staff')
      else return true
      return false
    })
    this.#evictOldest(checked)
    for (const listener of checked) {
      if (listener.isOpen && this.#sendPage(listener, pages, last, now)) more = true
    }
    this.#budget.save()
    return more
  }

  /** Sends a listener its part of these pages, within its account's replay budget; true if it has more to read. */
  #sendPage(listener: Listener, pages: readonly Page[], last: number, now: number): boolean {
    const { user_id, wantsPosition } = listener.state
    let { cursor = last, replay_end = last, sent_bytes = 0 } = listener.state
    // Either may be from before a restore.
    cursor = Math.min(cursor, last)
    replay_end = Math.min(replay_end, last)
    if (wantsPosition) listener.send(toMessage({ id: cursor, type: 'listening' }))
    const isPaused = () => this.#isPaused({ user_id, cursor, replay_end }, now)
    const page = pages.find(({ from, messages }) => from <= cursor && messages.some(({ id }) => id > cursor))
    for (const message of page?.messages ?? []) {
      if (message.id <= cursor) continue
      if (!listener.isReady || isPaused()) break
      if (!message.moved) listener.send(message)
      if (cursor < replay_end) this.#budget.spend(user_id, { bytes: message.bytes }, now)
      cursor = message.id
      sent_bytes += message.bytes
    }
    listener.state = { ...listener.state, cursor, replay_end, wantsPosition: false, sent_bytes }
    if (sent_bytes > MAX_SENT_BYTES) listener.close('reconnect')
    return listener.isReady && cursor < last && !isPaused()
  }
}

/** The state with the lowest cursor. */
function lowest(states: readonly ListenerState[]): (ListenerState & { cursor: number }) | undefined {
  const known = states.filter(
    (state): state is ListenerState & { cursor: number } => state.cursor !== undefined,
  )
  return known.toSorted((a, b) => a.cursor - b.cursor)[0]
}
