import type { OrderStreamMessage } from './api.ts'
import { backOff } from './back-off.ts'
import { Problem } from './problem.ts'
import { openSse } from './sse-transport.ts'
import type { Transport, TransportEnd, TransportMessage } from './transport.ts'
import { openSocket } from './websocket-transport.ts'

export interface StreamState {
  name: 'connecting' | 'connected' | 'waiting' | 'closed'
  /**
   * The id to resume from: that of the last event. Before the first event it is that of the newest event when the stream
   * started.
   */
  since: number | undefined
  /** Why the stream is waiting or closed: the code and reason of the close, as of a WebSocket. */
  code?: number
  reason?: string
  /** How long the stream waits before it reconnects. */
  milliseconds?: number
}

export interface StreamOptions {
  /** The URL over HTTP, without a query. */
  url: string
  /** Sends the events after this id; without it, only new events. */
  since?: number | undefined
  /** Returns an access token for each connection. */
  access: () => Promise<string>
  /** Sends the request of an event stream. */
  fetch: (request: Request) => Promise<Response>
  onState: (state: StreamState) => void
  onEvent: (event: OrderStreamMessage) => void
}

/** Browsers report when the network is back; Node and Workers do not. */
interface Page {
  addEventListener?: (type: 'online', act: () => void, options: { signal: AbortSignal }) => void
}

const LONGEST_WAIT_MILLISECONDS = 30_000

/**
 * Streams order events over a WebSocket, or as Server-Sent Events where the platform has none, and reconnects from
 * the last event whenever it breaks. It ends with `close`, or when the shop closes it with an application code (4401
 * and the like): reconnecting with the same token would fail again, or replace another stream.
 */
export class OrderStream {
  /** The id to resume from. */
  last: number | undefined
  readonly #options: StreamOptions
  #transport: Transport | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  readonly #ended = new AbortController()

  constructor(options: StreamOptions) {
    this.last = options.since
    this.#options = options
    const { signal } = this.#ended
    const page = globalThis as Page
    page.addEventListener?.('online', () => void (this.#retry && this.#open()), { signal })
    void this.#open()
  }

  /** Sends a new token of the same account before the last one expires. If waiting, reconnects immediately. */
  renew(access: string): void {
    if (this.#retry || this.#transport?.renew(access) === false) void this.#open()
  }

  close(): void {
    this.#end({ code: 1000, reason: '' })
  }

  async #open(): Promise<void> {
    this.#disconnect()
    this.#report({ name: 'connecting' })
    try {
      const access = await this.#options.access()
      if (!this.#ended.signal.aborted) this.#listen(access)
    } catch (error) {
      const hasEnded = error instanceof Problem && error.status === 401
      if (hasEnded) this.#end({ code: 4401, reason: error.code })
      else this.#reconnect({ code: 1006, reason: '' })
    }
  }

  #listen(access: string): void {
    const { url, fetch } = this.#options
    const options = {
      url: `${url}?since=${this.last ?? 'now'}`,
      access,
      // With since=now the stream is connected once it has its position: see #receive.
      onOpen: () => void (this.last !== undefined && this.#connected()),
      onMessage: (message: TransportMessage) => this.#receive(message),
      onEnd: (end: TransportEnd) => this.#reconnect(end),
    }
    this.#transport = typeof WebSocket === 'undefined' ? openSse(options, fetch) : openSocket(options)
  }

  #receive(message: TransportMessage): void {
    if (message.type === 'listening') {
      this.last = message.id
      this.#connected()
    } else if ('order' in message && message.id > (this.last ?? 0)) {
      // The shop may send a message twice.
      this.last = message.id
      this.#options.onEvent(message)
    }
  }

  #connected(): void {
    this.#failures = 0
    this.#report({ name: 'connected' })
  }

  #reconnect({ code, reason, seconds = 0 }: TransportEnd): void {
    if (this.#ended.signal.aborted) return
    if (code >= 4000) return this.#end({ code, reason })
    this.#disconnect()
    const milliseconds = Math.max(1000 * seconds, backOff(this.#failures + 1, LONGEST_WAIT_MILLISECONDS))
    this.#failures += 1
    this.#retry = setTimeout(() => void this.#open(), milliseconds)
    this.#report({ name: 'waiting', code, reason, milliseconds })
  }

  #end({ code, reason }: TransportEnd): void {
    if (this.#ended.signal.aborted) return
    this.#disconnect()
    this.#ended.abort()
    this.#report({ name: 'closed', code, reason })
  }

  #disconnect(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#transport?.close()
    this.#transport = undefined
  }

  #report(state: Omit<StreamState, 'since'>): void {
    this.#options.onState({ ...state, since: this.last })
  }
}
