import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A TCP proxy in front of the shop whose connections tests can cut or silence. */
export async function openFlakyProxy(shop: string) {
  const ends = new Set<Socket>()
  let broken = false

  const server = createServer((client) => {
    const there = connect(Number(new URL(shop).port), '127.0.0.1')
    join(client, there)
    join(there, client)
    if (broken) client.destroy()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo

  function join(end: Socket, other: Socket): void {
    ends.add(end)
    end.pipe(other)
    end.on('error', () => {}) // it closes, too
    end.on('close', () => {
      ends.delete(end)
      other.destroy()
    })
  }

  return {
    url: `http://127.0.0.1:${port}`,
    /** Ends every connection, old and new, until `restore`. */
    cut() {
      broken = true
      for (const end of ends) end.destroy()
    },
    restore() {
      broken = false
    },
    /** Keeps the current connections open, but delivers nothing over them. */
    stall() {
      for (const end of ends) end.unpipe().pause()
    },
    close() {
      this.cut()
      server.close()
    },
  }
}
