import { exports } from 'cloudflare:workers'
import { ORIGIN } from './http.ts'

export interface Message {
  id: number
  type: string
  status: string
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into it freely
  order: any
  at: string
}

/** A client's end of the stream of orders. */
export class Listener {
  readonly messages: Message[] = []
  /** What came beside events. */
  readonly others: string[] = []
  #begin: number | undefined
  closed: { code: number; reason: string } | undefined
  readonly protocol: string | null
  readonly #socket: WebSocket
  #changed = () => {}

  constructor({ webSocket, headers }: Response) {
    this.protocol = headers.get('Sec-WebSocket-Protocol')
    this.#socket = webSocket!
    this.#socket.accept()
    this.#socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data as string)
      if (message.type === 'listening') this.#begin = message.id
      else if ('order' in message) this.messages.push(message)
      else this.others.push(data as string)
      this.#changed()
    })
    this.#socket.addEventListener('close', ({ code, reason }) => {
      this.closed = { code, reason }
      this.#changed()
    })
  }

  get ids(): number[] {
    return this.messages.map(({ id }) => id)
  }

  send(message: unknown): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  close(): void {
    this.#socket.close(1000)
  }

  /** Waits for so many events; fails with what there is when they do not come. */
  async gets(count: number): Promise<Message[]> {
    await this.#until(() => this.messages.length >= count, `${count} events`)
    return this.messages
  }

  /** The id after which its events begin. */
  async begins(): Promise<number> {
    await this.#until(() => this.#begin !== undefined, 'where it begins')
    return this.#begin!
  }

  async ends(): Promise<{ code: number; reason: string }> {
    await this.#until(() => this.closed !== undefined, 'a close')
    return this.closed!
  }

  async hears(): Promise<string> {
    await this.#until(() => this.others.length > 0, 'an answer')
    return this.others.shift()!
  }

  async #until(isSo: () => boolean, what: string): Promise<void> {
    const late = AbortSignal.timeout(10_000)
    while (!isSo()) {
      if (late.aborted)
        throw new Error(`Waited for ${what}, got ${JSON.stringify([this.messages, this.closed])}`)
      await new Promise<void>((resolve) => {
        this.#changed = resolve
        setTimeout(resolve, 100)
      })
    }
  }
}

interface ListenerState {
  since?: number | 'now'
  path?: string
  protocols?: string[]
  headers?: Record<string, string>
}

/** Opens a WebSocket as a browser does, with the token as its second subprotocol. */
export async function listen(
  token: string | undefined,
  { since, path = '/api/orders/events/', protocols, headers = {} }: ListenerState = {},
): Promise<Listener> {
  const offered = protocols ?? ['kiosk.v1', ...(token === undefined ? [] : [`bearer.${token}`])]
  const response = await exports.default.fetch(
    new Request(`${ORIGIN}${path}${since === undefined ? '' : `?since=${since}`}`, {
      headers: {
        Upgrade: 'websocket',
        ...(offered.length > 0 ? { 'Sec-WebSocket-Protocol': offered.join(', ') } : {}),
        ...headers,
      },
    }),
  )
  if (response.status !== 101) throw new Error(`${response.status} ${await response.text()}`)
  return new Listener(response)
}

export const listenAsStaff = (token: string | undefined, listening: ListenerState = {}) =>
  listen(token, { path: '/api/admin/orders/events/', ...listening })
