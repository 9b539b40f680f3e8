import type { OrderStreamMessage } from '../orders/openapi.ts'
import { backOff } from './connection.ts'
import { Problem } from './problem.ts'

export type OrderEvent = OrderStreamMessage

export interface StreamState {
  name: 'connecting' | 'connected' | 'waiting' | 'closed'
  /** The last event that came, or where "from now on" began. */
  since: number | undefined
  /** Why it waits or is closed: code and reason of the WebSocket. */
  code?: number
  reason?: string
  /** How long it waits before it connects again. */
  milliseconds?: number
}

export interface StreamOptions {
  /** Of the WebSocket, without a query. */
  url: string
  /** The last event that is known already; from now on when undefined. */
  since?: number | undefined
  /** Gives a token for each opening. */
  access: () => Promise<string>
  onState: (state: StreamState) => void
  onEvent: (event: OrderEvent) => void
}

/** A browser tells when the network is back; Node and Workers do not. */
interface Page {
  addEventListener?: (type: 'online', act: () => void, options: { signal: AbortSignal }) => void
}

const LONGEST_WAIT_MILLISECONDS = 30_000
/** A network that went without a word is noticed within two of these. */
const PING_MILLISECONDS = 15_000

/**
 * The stream of orders over a WebSocket, opened again from the last event whenever it breaks. It ends by
 * `close`, or when the shop closes it with a code of its own (4401 and the like): trying again with the
 * same token would not help.
 */
export class OrderStream {
  /** The last event that came, or where "from now on" began. */
  last: number | undefined
  readonly #options: StreamOptions
  #socket: WebSocket | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #asking: ReturnType<typeof setInterval> | undefined
  #waits = 0
  #hungUp = new AbortController()
  readonly #ended = new AbortController()

  constructor(options: StreamOptions) {
    this.last = options.since
    this.#options = options
    const { signal } = this.#ended
    const page = globalThis as Page
    page.addEventListener?.('online', () => void (this.#retry && this.#open()), { signal })
    void this.#open()
  }

  /** Another token of the same account, before the last one runs out. While it waits it tries at once. */
  renew(access: string): void {
    if (this.#retry) void this.#open()
    else if (this.#socket?.readyState === WebSocket.OPEN) this.#send({ type: 'auth', access })
  }

  close(): void {
    this.#end({ code: 1000, reason: '' })
  }

  async #open(): Promise<void> {
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#tell({ name: 'connecting' })
    try {
      const access = await this.#options.access()
      if (!this.#ended.signal.aborted) this.#listen(access)
    } catch (error) {
      const hasEnded = error instanceof Problem && error.status === 401
      if (hasEnded) this.#end({ code: 4401, reason: error.code })
      else this.#lost({ code: 1006, reason: '' })
    }
  }

  #listen(access: string): void {
    const query = `?since=${this.last ?? 'now'}`
    const socket = new WebSocket(this.#options.url + query, ['kiosk.v1', `bearer.${access}`])
    this.#socket = socket
    this.#hungUp = new AbortController()
    const { signal } = this.#hungUp
    let isAsked = false
    const ask = () => {
      if (isAsked) return this.#lost({ code: 1006, reason: 'no answer' })
      isAsked = true
      this.#send({ type: 'ping' })
    }
    const opened = () => {
      this.#asking = setInterval(ask, PING_MILLISECONDS)
      if (this.last !== undefined) this.#connected()
    }
    socket.addEventListener('open', opened, { signal })
    socket.addEventListener('close', ({ code, reason }) => this.#lost({ code, reason }), { signal })
    socket.addEventListener(
      'message',
      ({ data }) => {
        isAsked = false
        this.#take(JSON.parse(data as string) as { type: string; id: number } | OrderEvent)
      },
      { signal },
    )
  }

  #take(message: { type: string; id: number } | OrderEvent): void {
    if (message.type === 'listening') {
      this.last = message.id
      this.#connected()
    } else if ('order' in message && message.id > (this.last ?? 0)) {
      // Others have come before: a message may come twice.
      this.last = message.id
      this.#options.onEvent(message)
    }
  }

  #connected(): void {
    this.#waits = 0
    this.#tell({ name: 'connected' })
  }

  #lost({ code, reason }: { code: number; reason: string }): void {
    if (this.#ended.signal.aborted) return
    if (code >= 4000) return this.#end({ code, reason })
    this.#hangUp()
    const milliseconds = backOff(this.#waits + 1, LONGEST_WAIT_MILLISECONDS)
    this.#waits += 1
    this.#retry = setTimeout(() => void this.#open(), milliseconds)
    this.#tell({ name: 'waiting', code, reason, milliseconds })
  }

  #end({ code, reason }: { code: number; reason: string }): void {
    if (this.#ended.signal.aborted) return
    this.#hangUp()
    this.#ended.abort()
    this.#tell({ name: 'closed', code, reason })
  }

  #hangUp(): void {
    this.#hungUp.abort()
    clearInterval(this.#asking)
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#socket?.close()
    this.#socket = undefined
  }

  #tell(state: Omit<StreamState, 'since'>): void {
    this.#options.onState({ ...state, since: this.last })
  }

  #send(message: object): void {
    this.#socket?.send(JSON.stringify(message))
  }
}
