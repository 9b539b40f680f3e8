import type { CloseReason, Listener, ListenerState, Message } from './listener.ts'

/** Proxies and load balancers cut connections that are idle for longer. */
const HEARTBEAT_MILLISECONDS = 20_000

/** Buffered for a slow client; the log keeps the rest. */
const BUFFERED_BYTES = 64 * 1024

/** The HTML standard's event stream, for clients that use `fetch`. Ends when its client goes away. */
export class SseListener implements Listener {
  readonly stream: ReadableStream<Uint8Array>
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #closed: CloseReason | undefined
  /** Its buffer was full, so events may be waiting in the log. */
  #wasFull = false
  readonly #timer: ReturnType<typeof setInterval>
  readonly #onClose: () => void

  constructor(
    public state: ListenerState,
    { onReady, onClose }: { onReady: () => void; onClose: (listener: SseListener) => void },
  ) {
    this.#onClose = () => {
      clearInterval(this.#timer)
      this.#controller = undefined
      onClose(this)
    }
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => {
          if (!this.#wasFull) return // `pull` is called after every read
          this.#wasFull = false
          onReady()
        },
        cancel: () => this.#onClose(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: BUFFERED_BYTES }),
    )
    this.#timer = setInterval(() => this.#write(':\n\n'), HEARTBEAT_MILLISECONDS)
  }

  get isReady(): boolean {
    return (this.#controller?.desiredSize ?? 0) > 0
  }

  /** Why it was closed, if it was. */
  get closed(): CloseReason | undefined {
    return this.#closed
  }

  get isOpen(): boolean {
    return this.#controller !== undefined
  }

  send({ id, type, json }: Message): void {
    this.#write(`id: ${id}\nevent: ${type}\ndata: ${json}\n\n`)
  }

  close(reason: CloseReason): void {
    this.#closed = reason
    this.#write(`event: ${reason}\ndata: {}\n\n`)
    this.#controller?.close()
    this.#onClose()
  }

  #write(text: string): void {
    this.#controller?.enqueue(new TextEncoder().encode(text))
    this.#wasFull ||= !this.isReady
  }
}
