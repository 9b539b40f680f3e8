import { problemIn } from './problem.ts'
import type { Transport, TransportEnd, TransportMessage, TransportOptions } from './transport.ts'

/** The shop writes at least every 20 seconds: a connection that died silently is detected within two checks. */
const CHECK_MILLISECONDS = 30_000

/** The last event of a stream, or the error of one that is refused, with the code of a WebSocket: src/live/listener.ts. */
const CLOSE_CODES: Record<string, number> = {
  token_missing: 4401,
  token_invalid: 4401,
  token_expired: 4401,
  token_revoked: 4401,
  not_staff: 4403,
  replaced: 4409,
  reconnect: 1013,
}

const LOST: TransportEnd = { code: 1006, reason: '' }
const ENDED = { done: true, value: undefined } as const

/** Opens a connection of Server-Sent Events, for platforms without a global `WebSocket`. */
export function openSse(
  { url, access, onOpen, onMessage, onEnd }: TransportOptions,
  send: (request: Request) => Promise<Response>,
): Transport {
  const closed = new AbortController()
  const { signal } = closed
  let isSilent = false
  const close = () => {
    closed.abort()
    clearInterval(checking)
  }
  const end = (reason: TransportEnd) => {
    if (signal.aborted) return
    close()
    onEnd(reason)
  }
  const check = () => {
    if (isSilent) end({ code: 1006, reason: 'no heartbeat' })
    isSilent = true
  }
  const checking = setInterval(check, CHECK_MILLISECONDS)

  async function connect(): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | TransportEnd> {
    const headers = { Accept: 'text/event-stream', Authorization: `Bearer ${access}` }
    try {
      const response = await send(new Request(url, { headers, signal }))
      if (isStream(response)) return response.body!
      const { code, retry_after } = await problemIn(response)
      return { code: CLOSE_CODES[code] ?? LOST.code, reason: code, seconds: retry_after }
    } catch {
      return LOST // no response, or one that breaks off
    }
  }

  async function listen(): Promise<TransportEnd> {
    const body = await connect()
    if (!(body instanceof ReadableStream)) return body
    const reader = body.pipeThrough(new TextDecoderStream()).getReader()
    if (!signal.aborted) onOpen()
    let text = ''
    for (;;) {
      const { done, value } = await reader.read().catch(() => ENDED)
      if (done || signal.aborted) return LOST
      isSilent = false
      const events = (text + value).split('\n\n')
      text = events.pop()!
      for (const event of events) {
        // Not `(.*)` for the data: it ends at U+2028 and U+2029, which a name in JSON may contain.
        const [, type, data] = /event: (.*)\ndata: ([^\n]*)/.exec(event) ?? []
        if (type === undefined) continue // a heartbeat
        if (type in CLOSE_CODES) return { code: CLOSE_CODES[type]!, reason: type }
        onMessage(JSON.parse(data!) as TransportMessage)
        if (signal.aborted) return LOST
      }
    }
  }

  void listen().then(end)
  return { renew: () => false, close }
}

/** False for the page of a proxy in front of the shop, too. */
function isStream({ ok, headers }: Response): boolean {
  return ok && (headers.get('Content-Type')?.startsWith('text/event-stream') ?? false)
}
