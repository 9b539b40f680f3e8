import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP proxy in front of a shop that can cut connections: a WebSocket API can only close them. */
export class FlakyProxy {
  readonly #server: Server
  /** The client's socket of each connection, with the shop's. */
  readonly #connections = new Map<Socket, Socket>()

  private constructor(to: number) {
    this.#server = createServer((client) => {
      const upstream = connect(to, '127.0.0.1')
      this.#connections.set(client, upstream)
      client.pipe(upstream).pipe(client)
      client.on('error', () => {}).on('close', () => this.#connections.delete(client) && upstream.destroy())
      upstream.on('error', () => {}).on('close', () => client.destroy())
    })
  }

  static async listen(to: number): Promise<FlakyProxy> {
    const proxy = new FlakyProxy(to)
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Resets a random connection at both ends; false when there is none. */
  reset(random: () => number): boolean {
    const [client, upstream] = this.#any(random)
    upstream?.resetAndDestroy()
    client?.resetAndDestroy()
    return client !== undefined
  }

  /** Resets a random connection at the client's end only: the shop keeps sending into the void. */
  resetClient(random: () => number): boolean {
    const [client, upstream] = this.#any(random)
    if (!client) return false
    this.#connections.delete(client)
    upstream?.unpipe(client).resume()
    client.resetAndDestroy()
    return true
  }

  #any(random: () => number): [client?: Socket, upstream?: Socket] {
    return [...this.#connections][Math.floor(random() * this.#connections.size)] ?? []
  }

  close(): void {
    this.#server.close()
    for (const client of this.#connections.keys()) client.destroy()
  }
}
