import { setTimeout as pause } from 'node:timers/promises'
import { reasonOf, type Report } from './report.ts'
import type { Person, Shop } from './shop.ts'

const PATIENCE_MILLISECONDS = 10_000

interface Message {
  type: string
  status?: string
  order?: { id: number }
}

/** Listens to the orders of one customer over a WebSocket and over Server-Sent Events. */
export class Listener {
  readonly #report: Report
  readonly #socket: WebSocket
  readonly #closed: Promise<number>
  readonly #closing = new AbortController()
  readonly #bySocket: Message[] = []
  readonly #byStream: Message[] = []

  static async connect(shop: Shop, report: Report, { access }: Person): Promise<Listener> {
    const listener = new Listener(shop, report, access)
    try {
      await listener.#expectFirst()
      await listener.#readStream(`${shop.origin}/api/orders/events/?since=now`, access)
    } catch (error) {
      listener.close()
      throw error
    }
    return listener
  }

  private constructor(shop: Shop, report: Report, access: string) {
    this.#report = report
    const url = `${shop.origin.replace('http', 'ws')}/api/orders/events/?since=now`
    this.#socket = new WebSocket(url, ['kiosk.v1', `bearer.${access}`])
    this.#socket.addEventListener('message', ({ data }) => {
      try {
        this.#bySocket.push(JSON.parse(data as string) as Message)
      } catch (error) {
        this.#reportBroken('The WebSocket', error)
      }
    })
    this.#closed = new Promise((resolve) =>
      this.#socket.addEventListener('close', ({ code }) => resolve(code)),
    )
  }

  async #expectFirst(): Promise<void> {
    await until(() => this.#bySocket.length > 0)
    const first = this.#bySocket[0]?.type
    this.#report.expect('A WebSocket announces its position', first === 'listening', first ?? 'nothing')
  }

  async #readStream(url: string, access: string): Promise<void> {
    const answer = await fetch(url, {
      headers: { Accept: 'text/event-stream', Authorization: `Bearer ${access}` },
      signal: this.#closing.signal,
    })
    void this.#collect(answer)
    await until(() => this.#byStream.length > 0)
    const first = this.#byStream[0]?.type
    this.#report.expect(
      'An event stream announces its position',
      answer.status === 200 && first === 'listening',
      `${answer.status}, ${first ?? 'nothing'}`,
    )
  }

  async #collect(answer: Response): Promise<void> {
    let text = ''
    try {
      for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk
        const lines = text.split('\n')
        text = lines.pop()!
        for (const line of lines) {
          if (line.startsWith('data: ')) this.#byStream.push(JSON.parse(line.slice(6)) as Message)
        }
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#reportBroken('The event stream', error)
    }
  }

  /**
   * An error while a connection is read would end the smoke test before its clean-up: it is an expectation that fails.
   */
  #reportBroken(way: string, error: unknown): void {
    this.#report.expect(`${way} can be read`, false, reasonOf(error))
  }

  /** Expects both to receive this event of this order. */
  async expectEvent(order_id: number, status: string): Promise<void> {
    const hasEvent = (messages: readonly Message[]) =>
      messages.some((message) => message.order?.id === order_id && message.status === status)
    for (const [way, messages] of [
      ['The WebSocket', this.#bySocket],
      ['The event stream', this.#byStream],
    ] as const) {
      await until(() => hasEvent(messages))
      const seen = messages.map(({ type, status: became }) => `${type} ${became ?? ''}`.trim()).join(', ')
      this.#report.expect(`${way} receives the event, ${status}`, hasEvent(messages), seen)
    }
  }

  /** After its session has ended. Waits longer: a runtime may keep the connection open after its close frame. */
  async expectClosed(): Promise<void> {
    const late = pause(2 * PATIENCE_MILLISECONDS, undefined, { ref: false })
    const code = await Promise.race([this.#closed, late])
    this.#report.expect('The WebSocket is closed, 4401', code === 4401, String(code ?? 'still open'))
  }

  close(): void {
    this.#socket.close()
    this.#closing.abort()
  }
}

/** Waits until the condition holds, or patience ends. */
async function until(holds: () => boolean): Promise<void> {
  const late = performance.now() + PATIENCE_MILLISECONDS
  while (!holds() && performance.now() < late) await pause(50)
}
