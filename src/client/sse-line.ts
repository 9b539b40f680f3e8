import type { Line, LineEnd, LineMessage, LineOptions } from './line.ts'
import { problemIn } from './problem.ts'

/** The shop writes at least every 20 seconds: a connection that died silently is detected within two checks. */
const CHECK_MILLISECONDS = 30_000

/** The last event of a stream, and the status of one that is refused, with the codes of a WebSocket. */
const CLOSE_CODES: Record<string, number> = {
  token_missing: 4401,
  token_invalid: 4401,
  token_expired: 4401,
  token_revoked: 4401,
  not_staff: 4403,
  replaced: 4409,
  reconnect: 1013,
}

/** Opens a line of Server-Sent Events, for platforms without a global `WebSocket`. */
export function openSse(
  { url, access, onOpen, onMessage, onEnd }: LineOptions,
  send: (request: Request) => Promise<Response>,
): Line {
  const closed = new AbortController()
  const { signal } = closed
  let isSilent = false
  const close = () => {
    closed.abort()
    clearInterval(checking)
  }
  const end = (reason: LineEnd) => {
    if (signal.aborted) return
    close()
    onEnd(reason)
  }
  const check = () => {
    if (isSilent) end({ code: 1006, reason: 'no heartbeat' })
    isSilent = true
  }
  const checking = setInterval(check, CHECK_MILLISECONDS)

  async function listen(): Promise<LineEnd> {
    const headers = { Accept: 'text/event-stream', Authorization: `Bearer ${access}` }
    const response = await send(new Request(url, { headers, signal }))
    if (!response.ok || !response.body) {
      const { code, retry_after } = await problemIn(response)
      return { code: CLOSE_CODES[code] ?? 1006, reason: code, seconds: retry_after }
    }
    onOpen()
    let text = ''
    for await (const chunk of chunksOf(response.body)) {
      isSilent = false
      const events = (text + chunk).split('\n\n')
      text = events.pop()!
      for (const event of events) {
        const type = /^event: (.*)$/m.exec(event)?.[1]
        if (type === undefined) continue // a heartbeat
        if (type in CLOSE_CODES) return { code: CLOSE_CODES[type]!, reason: type }
        onMessage(JSON.parse(/^data: (.*)$/m.exec(event)![1]!) as LineMessage)
        if (signal.aborted) break
      }
    }
    return { code: 1006, reason: '' }
  }

  void listen().then(end, () => end({ code: 1006, reason: '' }))
  return { renew: () => false, close }
}

/** Safari cannot iterate over a stream. */
async function* chunksOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, void, void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
