import type { Beginning, StreamMessage } from './docs.ts'
import { type End, ENDS, type Listener, type Listening } from './listener.ts'

/** A WebSocket with what is known of its owner, both kept by the runtime while the object sleeps. */
export class SocketListener implements Listener {
  readonly isReady = true
  readonly #socket: WebSocket

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  get listening(): Listening {
    return this.#socket.deserializeAttachment() as Listening
  }

  set listening(listening: Listening) {
    this.#socket.serializeAttachment(listening)
  }

  is(other: Listener): boolean {
    return other instanceof SocketListener && other.#socket === this.#socket
  }

  send(message: Beginning | StreamMessage): void {
    this.#socket.send(JSON.stringify(message))
  }

  end(why: End): void {
    this.#socket.close(ENDS[why], why)
  }
}

/** A socket that is accepted only to be told why not: a browser shows its page nothing else. */
export function closedSocket(why: End, protocol: Record<string, string>): Response {
  const { 0: client, 1: server } = new WebSocketPair()
  server.accept()
  server.close(ENDS[why], why)
  return new Response(null, { status: 101, webSocket: client, headers: protocol })
}
