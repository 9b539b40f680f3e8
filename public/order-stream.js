const FIRST_WAIT_MILLISECONDS = 1000
const LONGEST_WAIT_MILLISECONDS = 30_000
/** A network that went without a word is noticed within two of these. */
const PING_MILLISECONDS = 15_000

/**
 * The stream of orders over a WebSocket, opened again from the last event whenever it breaks. It ends by
 * `close`, or when the shop closes it with a code of its own (4401 and the like): trying again with the
 * same token would not help.
 *
 * `access` gives a token for each opening. `onState` hears of `{ name, since }`: `connecting`, `connected`,
 * `waiting` with `code`, `reason` and `milliseconds`, `closed` with `code` and `reason`.
 */
export class OrderStream {
  /** The last event that came, or where "from now on" began. */
  last
  path
  #access
  #onState
  #onEvent
  #socket
  #retry
  #asking
  #waits = 0
  #hungUp = new AbortController()
  #ended = new AbortController()

  constructor({ path, since, access, onState, onEvent }) {
    this.path = path
    this.last = since
    this.#access = access
    this.#onState = onState
    this.#onEvent = onEvent
    const { signal } = this.#ended
    addEventListener('online', () => void (this.#retry && this.#open()), { signal })
    void this.#open()
  }

  /** Another token of the same account, before the last one runs out. While it waits it tries at once. */
  renew(access) {
    if (this.#retry) void this.#open()
    else if (this.#socket?.readyState === WebSocket.OPEN) this.#send({ type: 'auth', access })
  }

  close() {
    this.#end({ code: 1000, reason: '' })
  }

  async #open() {
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#tell({ name: 'connecting' })
    try {
      const access = await this.#access()
      if (!this.#ended.signal.aborted) this.#listen(access)
    } catch {
      this.#lost({ code: 1006, reason: '' })
    }
  }

  #listen(access) {
    const query = `?since=${this.last ?? 'now'}`
    const socket = new WebSocket(this.path + query, ['kiosk.v1', `bearer.${access}`])
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
        this.#take(JSON.parse(data))
      },
      { signal },
    )
  }

  #take(message) {
    if (message.type === 'listening') {
      this.last = message.id
      this.#connected()
    } else if (message.order && message.id > this.last) {
      // Others have come before: a message may come twice.
      this.last = message.id
      this.#onEvent(message)
    }
  }

  #connected() {
    this.#waits = 0
    this.#tell({ name: 'connected' })
  }

  #lost({ code, reason }) {
    if (this.#ended.signal.aborted) return
    if (code >= 4000) return this.#end({ code, reason })
    this.#hangUp()
    const wait = Math.min(LONGEST_WAIT_MILLISECONDS, FIRST_WAIT_MILLISECONDS * 2 ** this.#waits)
    const milliseconds = wait * (0.5 + Math.random() / 2) // not everybody at once
    this.#waits += 1
    this.#retry = setTimeout(() => this.#open(), milliseconds)
    this.#tell({ name: 'waiting', code, reason, milliseconds })
  }

  #end({ code, reason }) {
    this.#hangUp()
    this.#ended.abort()
    this.#tell({ name: 'closed', code, reason })
  }

  #hangUp() {
    this.#hungUp.abort()
    clearInterval(this.#asking)
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#socket?.close()
    this.#socket = undefined
  }

  #tell(state) {
    this.#onState({ ...state, since: this.last })
  }

  #send(message) {
    this.#socket.send(JSON.stringify(message))
  }
}
