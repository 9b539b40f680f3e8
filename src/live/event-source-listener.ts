import type { Beginning, StreamMessage } from './docs.ts'
import type { End, Listener, Listening } from './listener.ts'

/** Proxies and load balancers cut connections that say nothing for longer. */
const SAY_SOMETHING_MILLISECONDS = 20_000

/** Events that wait for a slow client; the log keeps the others. */
const WAITING_EVENTS = 100

/** The HTML standard's event stream, for clients that use `fetch`. Ends when its client goes away. */
export class EventSourceListener implements Listener {
  readonly stream: ReadableStream<Uint8Array>
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #ended: End | undefined
  /** Since then there may be events that it was not ready for. */
  #wasFull = false
  readonly #timer: ReturnType<typeof setInterval>
  readonly #onEnd: () => void

  constructor(
    public listening: Listening,
    { onReady, onEnd }: { onReady: () => void; onEnd: (listener: EventSourceListener) => void },
  ) {
    this.#onEnd = () => {
      clearInterval(this.#timer)
      this.#controller = undefined
      onEnd(this)
    }
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => {
          if (!this.#wasFull) return // the stream asks each time that something was read
          this.#wasFull = false
          onReady()
        },
        cancel: () => this.#onEnd(),
      },
      { highWaterMark: WAITING_EVENTS },
    )
    this.#timer = setInterval(() => this.#write(':\n\n'), SAY_SOMETHING_MILLISECONDS)
  }

  get isReady(): boolean {
    return (this.#controller?.desiredSize ?? 0) > 0
  }

  /** Why it ended, if it did. */
  get ended(): End | undefined {
    return this.#ended
  }

  is(other: Listener): boolean {
    return other === this
  }

  send(message: Beginning | StreamMessage): void {
    this.#write(`id: ${message.id}\nevent: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`)
  }

  end(why: End): void {
    this.#ended = why
    this.#write(`event: ${why}\ndata: {}\n\n`)
    this.#controller?.close()
    this.#onEnd()
  }

  #write(text: string): void {
    this.#controller?.enqueue(new TextEncoder().encode(text))
    this.#wasFull ||= !this.isReady
  }
}
