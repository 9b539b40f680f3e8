import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** The TCP between clients and a shop: a WebSocket itself can only be closed, this can be cut. */
export class Wire {
  readonly #server: Server
  /** The client's end of each connection, and the shop's. */
  readonly #connections = new Map<Socket, Socket>()

  private constructor(to: number) {
    this.#server = createServer((near) => {
      const far = connect(to, '127.0.0.1')
      this.#connections.set(near, far)
      near.pipe(far).pipe(near)
      near.on('error', () => {}).on('close', () => this.#connections.delete(near) && far.destroy())
      far.on('error', () => {}).on('close', () => near.destroy())
    })
  }

  static async between(port: number, to: number): Promise<Wire> {
    const wire = new Wire(to)
    await once(wire.#server.listen(port, '127.0.0.1'), 'listening')
    return wire
  }

  /** Resets a connection at both ends; false when there is none. */
  cut(roll: () => number): boolean {
    const [near, far] = this.#any(roll)
    far?.resetAndDestroy()
    near?.resetAndDestroy()
    return near !== undefined
  }

  /** Resets a connection at the client's end, while the shop goes on talking to nobody. */
  lose(roll: () => number): boolean {
    const [near, far] = this.#any(roll)
    if (!near) return false
    this.#connections.delete(near)
    far?.unpipe(near).resume()
    near.resetAndDestroy()
    return true
  }

  #any(roll: () => number): [near?: Socket, far?: Socket] {
    return [...this.#connections][Math.floor(roll() * this.#connections.size)] ?? []
  }

  close(): void {
    this.#server.close()
    for (const near of this.#connections.keys()) near.destroy()
  }
}
