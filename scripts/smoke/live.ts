import { setTimeout as pause } from 'node:timers/promises'
import type { Report } from './report.ts'
import type { Person, Shop } from './shop.ts'

const PATIENCE_MILLISECONDS = 10_000

interface Message {
  type: string
  status?: string
  order?: { id: number }
}

/** Someone who listens to their own orders, over a WebSocket and over Server-Sent Events. */
export class Listener {
  readonly #report: Report
  readonly #socket: WebSocket
  readonly #closed: Promise<number>
  readonly #leaving = new AbortController()
  readonly #bySocket: Message[] = []
  readonly #byStream: Message[] = []

  static async connect(shop: Shop, report: Report, { access }: Person): Promise<Listener> {
    const listener = new Listener(shop, report, access)
    await listener.#expectFirst()
    await listener.#readStream(`${shop.origin}/api/orders/events/?since=now`, access)
    return listener
  }

  private constructor(shop: Shop, report: Report, access: string) {
    this.#report = report
    const url = `${shop.origin.replace('http', 'ws')}/api/orders/events/?since=now`
    this.#socket = new WebSocket(url, ['kiosk.v1', `bearer.${access}`])
    this.#socket.addEventListener('message', ({ data }) =>
      this.#bySocket.push(JSON.parse(data as string) as Message),
    )
    this.#closed = new Promise((resolve) =>
      this.#socket.addEventListener('close', ({ code }) => resolve(code)),
    )
  }

  async #expectFirst(): Promise<void> {
    await until(() => this.#bySocket.length > 0)
    const first = this.#bySocket[0]?.type
    this.#report.expect('A WebSocket says where it begins', first === 'listening', first ?? 'nothing')
  }

  async #readStream(url: string, access: string): Promise<void> {
    const answer = await fetch(url, {
      headers: { Accept: 'text/event-stream', Authorization: `Bearer ${access}` },
      signal: this.#leaving.signal,
    })
    void this.#collect(answer)
    await until(() => this.#byStream.length > 0)
    const first = this.#byStream[0]?.type
    this.#report.expect(
      'Server-Sent Events say where they begin',
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
      if (!this.#leaving.signal.aborted) throw error
    }
  }

  /** That both have heard of what became of this order. */
  async expectEvent(order_id: number, status: string): Promise<void> {
    const hears = (messages: readonly Message[]) =>
      messages.some((message) => message.order?.id === order_id && message.status === status)
    for (const [way, messages] of [
      ['The WebSocket', this.#bySocket],
      ['The event stream', this.#byStream],
    ] as const) {
      await until(() => hears(messages))
      const seen = messages.map(({ type, status: became }) => `${type} ${became ?? ''}`.trim()).join(', ')
      this.#report.expect(`${way} hears of the order, ${status}`, hears(messages), seen)
    }
  }

  /** After its login has ended. A runtime may hold the connection for long after its close frame; Node waits. */
  async expectClosed(): Promise<void> {
    const late = pause(2 * PATIENCE_MILLISECONDS, undefined, { ref: false })
    const code = await Promise.race([this.#closed, late])
    this.#report.expect('The WebSocket is closed, 4401', code === 4401, String(code ?? 'still open'))
  }

  leave(): void {
    this.#socket.close()
    this.#leaving.abort()
  }
}

/** Waits for it, but not for ever. */
async function until(isSo: () => boolean): Promise<void> {
  const late = performance.now() + PATIENCE_MILLISECONDS
  while (!isSo() && performance.now() < late) await pause(50)
}
