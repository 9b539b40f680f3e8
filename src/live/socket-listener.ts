import { CLOSE_CODES, type CloseReason, type Listener, type ListenerState, type Message } from './listener.ts'

/** A WebSocket with the state of its listener, both kept by the runtime while the object hibernates. */
export class SocketListener implements Listener {
  readonly isReady = true
  readonly #socket: WebSocket

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  get state(): ListenerState {
    return this.#socket.deserializeAttachment() as ListenerState
  }

  set state(state: ListenerState) {
    this.#socket.serializeAttachment(state)
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  send({ json }: Message): void {
    this.#socket.send(json)
  }

  close(reason: CloseReason): void {
    this.#socket.close(CLOSE_CODES[reason], reason)
  }
}

/** A socket that is accepted only to close it with a reason, because a browser shows the page nothing else. */
export function closedSocket(reason: CloseReason, headers: Record<string, string>): Response {
  const { 0: client, 1: server } = new WebSocketPair()
  server.accept()
  server.close(CLOSE_CODES[reason], reason)
  return new Response(null, { status: 101, webSocket: client, headers })
}
