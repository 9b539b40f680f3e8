import type { Transport, TransportEnd, TransportMessage, TransportOptions } from './transport.ts'

/** A connection that died silently is detected within two pings. */
const PING_MILLISECONDS = 15_000

/** Opens a connection over a WebSocket. */
export function openSocket({ url, access, onOpen, onMessage, onEnd }: TransportOptions): Transport {
  const socket = new WebSocket(url.replace('http', 'ws'), ['kiosk.v1', `bearer.${access}`])
  const closed = new AbortController()
  const { signal } = closed
  let isPinged = false
  let pinging: ReturnType<typeof setInterval> | undefined
  const send = (message: object) => socket.send(JSON.stringify(message))
  const close = () => {
    closed.abort()
    clearInterval(pinging)
    socket.close()
  }
  const end = (reason: TransportEnd) => {
    close()
    onEnd(reason)
  }
  const ping = () => {
    if (isPinged) return end({ code: 1006, reason: 'no pong' })
    isPinged = true
    send({ type: 'ping' })
  }
  const opened = () => {
    pinging = setInterval(ping, PING_MILLISECONDS)
    onOpen()
  }
  const received = ({ data }: MessageEvent) => {
    isPinged = false
    onMessage(JSON.parse(data as string) as TransportMessage)
  }
  socket.addEventListener('open', opened, { signal })
  socket.addEventListener('message', received, { signal })
  socket.addEventListener('close', ({ code, reason }) => end({ code, reason }), { signal })
  return {
    renew(token) {
      // One that is not open yet sends the token that it began with; if that has expired, the connection ends.
      if (socket.readyState === WebSocket.OPEN) send({ type: 'auth', access: token })
      return true
    },
    close,
  }
}
