import { DurableObject } from 'cloudflare:workers'
import { isExpired, readToken, signingKeys } from '../auth/tokens.ts'
import { Db } from '../db/client.ts'
import type { Bindings } from '../env.ts'
import { isWithin } from '../http/rate-limit.ts'
import { toOrder } from '../orders/order.ts'
import type { StreamMessage } from './docs.ts'
import { EventSourceListener } from './event-source-listener.ts'
import type { Listener, Listening } from './listener.ts'
import { type LoggedEvent, PAGE, readLog } from './log.ts'
import { ClientMessage, LISTENING_HEADER } from './schema.ts'
import { SocketListener } from './socket-listener.ts'

const MAX_LISTENERS = { customer: 10, staff: 100 }
const MAX_MESSAGE_CHARACTERS = 4096
const RETRY_MILLISECONDS = 5000
/** So many pages in a row, then a listener must say how far it came by connecting again. */
const MAX_ROUNDS = 50

/**
 * Tells whoever listens of the events of orders: one object for each customer, one for all staff. The
 * log in D1 is what is told, in its order and from where each listener is; a knock only says that there
 * may be more. So nothing is lost or out of order, whatever happens to knocks or to this object.
 */
export class OrderStream extends DurableObject<Bindings> {
  /** Those over Server-Sent Events; they go when the object does, and come back with Last-Event-ID. */
  readonly #eventSources = new Set<EventSourceListener>()
  #catchingUp: Promise<void> | undefined
  #knocked = false

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env)
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('{"type":"ping"}', '{"type":"pong"}'))
  }

  /** A new listener, whose token the Worker has verified. */
  override async fetch(request: Request): Promise<Response> {
    const listening = JSON.parse(request.headers.get(LISTENING_HEADER)!) as Listening
    if (request.headers.get('Upgrade') === 'websocket') {
      const { 0: client, 1: server } = new WebSocketPair()
      this.ctx.acceptWebSocket(server)
      new SocketListener(server).listening = listening
      await this.#welcome(listening)
      const caughtUp = this.catchUp()
      // "From now on" must have begun before the client hears that it is connected.
      if (listening.seen === undefined) await caughtUp
      else this.ctx.waitUntil(caughtUp)
      return new Response(null, { status: 101, webSocket: client })
    }
    const listener = new EventSourceListener(listening, {
      onReady: () => void this.catchUp(),
      onEnd: (gone) => this.#eventSources.delete(gone),
    })
    this.#eventSources.add(listener)
    await this.#welcome(listening)
    await this.catchUp()
    return listener.ended
      ? Response.json({ ended: listener.ended }, { status: 401 })
      : new Response(listener.stream)
  }

  /** There may be something new: an event, a login that ended. */
  async knock(): Promise<void> {
    await this.catchUp()
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    if (typeof message !== 'string' || message.length > MAX_MESSAGE_CHARACTERS) {
      return socket.close(1009, `Messages are text of at most ${MAX_MESSAGE_CHARACTERS} characters.`)
    }
    const { data } = ClientMessage.safeParse(message)
    if (!data) return socket.close(1008, 'Messages are JSON objects with a type.')
    if (data.type === 'auth') await this.#renew(new SocketListener(socket), data.access)
  }

  override async alarm(): Promise<void> {
    await this.catchUp()
  }

  /** Another token of the same account, before the last one runs out. */
  async #renew(listener: SocketListener, access: string): Promise<void> {
    const { listening } = listener
    if (!(await isWithin(this.env, 'LIMIT_LISTEN', String(listening.user_id))))
      return listener.end('reconnect')
    const claims = await readToken(access, 'access', signingKeys(this.env))
    if (!claims || isExpired(claims, Date.now()) || claims.user_id !== listening.user_id)
      return listener.end('token_invalid')
    if (listening.staff && !claims.is_staff) return listener.end('not_staff')
    // Not what it was before the token was verified: events may have been sent meanwhile.
    listener.listening = { ...listener.listening, login_id: claims.sid, expires_at: claims.exp * 1000 }
    await this.#setAlarm()
    await this.catchUp()
  }

  get #listeners(): Listener[] {
    const sockets = this.ctx.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN)
    return [...sockets.map((socket) => new SocketListener(socket)), ...this.#eventSources]
  }

  /** Makes room for one more: the oldest is more likely to be a connection that nobody has any longer. */
  async #welcome({ staff }: Listening): Promise<void> {
    const listeners = this.#listeners.toSorted((a, b) => a.listening.connected_at - b.listening.connected_at)
    const tooMany = listeners.length - MAX_LISTENERS[staff ? 'staff' : 'customer']
    for (const listener of listeners.slice(0, Math.max(0, tooMany))) listener.end('replaced')
    await this.#setAlarm()
  }

  /** Wakes the object when the next token runs out, or sooner. */
  async #setAlarm(soonest = Infinity): Promise<void> {
    const expiries = this.#listeners.map(({ listening }) => listening.expires_at)
    if (expiries.length > 0) await this.ctx.storage.setAlarm(Math.min(soonest, ...expiries))
  }

  /**
   * Reads the log to each listener until all are at its end. One at a time: a knock while it runs makes
   * it look again, so that what was committed before the knock is sent before this resolves.
   */
  catchUp(): Promise<void> {
    this.#knocked = true
    // Begins when it is known to run: ending a stream makes it ask for more at once.
    this.#catchingUp ??= Promise.resolve()
      .then(() => this.#run())
      .finally(() => (this.#catchingUp = undefined))
    return this.#catchingUp
  }

  async #run(): Promise<void> {
    try {
      while (this.#knocked) {
        this.#knocked = false
        for (let round = 1; await this.#readOn(round); round += 1) continue
        await this.#setAlarm() // before it looks whether anybody knocked: nobody would look after
      }
    } catch (error) {
      console.error('The log of orders could not be read; trying again', error)
      // Where their "from now on" begins is not known, so nobody could tell later what they missed.
      for (const listener of this.#listeners) {
        if (listener.listening.seen === undefined) listener.end('reconnect')
      }
      await this.#setAlarm(Date.now() + RETRY_MILLISECONDS)
    }
  }

  /** A page of the log for everyone who can take one; true if anybody has more to read. */
  async #readOn(round: number): Promise<boolean> {
    const now = Date.now()
    for (const listener of this.#listeners) {
      if (listener.listening.expires_at <= now) listener.end('token_expired')
    }
    const listeners = this.#listeners.filter(({ isReady }) => isReady)
    if (listeners.length === 0) return false
    const asked = listeners.map(({ listening }) => listening)
    const seen = [...new Set(asked.map((each) => each.seen).filter((id) => id !== undefined))]
    const { staff, user_id } = asked[0]!
    const { live, newest, pages } = await readLog(new Db(this.env.DB), {
      logins: asked.map(({ login_id }) => login_id),
      seen,
      scope: staff ? 'everybody' : { user_id },
      now,
    })
    const isStaff = new Map(live.map(({ login_id, is_staff }) => [login_id, is_staff === 1]))
    let more = false
    for (const [index, listener] of listeners.entries()) {
      if (!this.#listeners.some((each) => each.is(listener))) continue // it went meanwhile
      const { login_id, seen: from } = asked[index]!
      // What was asked is about the login it had: it has shown a token of another meanwhile.
      if (listener.listening.login_id !== login_id) more = true
      else if (!isStaff.has(login_id)) listener.end('token_revoked')
      else if (staff && !isStaff.get(login_id)) listener.end('not_staff')
      else {
        // What a client says it has seen may be from a time that a restore has undone.
        const begin = Math.min(from ?? newest, newest)
        const page = from === undefined ? [] : pages[seen.indexOf(from)]!
        if (asked[index]!.asksWhere) listener.send({ id: begin, type: 'listening' })
        for (const event of page) listener.send(toMessage(event))
        listener.listening = { ...listener.listening, asksWhere: false, seen: page.at(-1)?.event_id ?? begin }
        if (page.length < PAGE) continue
        if (round < MAX_ROUNDS) more = true
        else listener.end('reconnect')
      }
    }
    return more
  }
}

function toMessage(event: LoggedEvent): StreamMessage {
  const { event_id, from_status, to_status, at, ...order } = event
  return {
    id: event_id,
    type: from_status === null ? 'order.created' : 'order.status_changed',
    status: to_status,
    order: toOrder(order),
    at: new Date(at).toISOString(),
  }
}
