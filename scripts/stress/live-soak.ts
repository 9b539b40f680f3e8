import { setTimeout as pause } from 'node:timers/promises'
import { injectFaults } from './faults.ts'
import { FlakyProxy } from './flaky-proxy.ts'
import { LiveClient } from './live-client.ts'
import { type People, SandboxShop } from './sandbox-shop.ts'
import { type Change, Workload } from './workload.ts'

const STAFF_SOCKETS = 8
/** Below the ten that a customer may have, since the shop notices lost connections late. */
const SOCKETS_EACH = 6
const PATIENCE_MILLISECONDS = 30_000

/**
 * Connects many clients to a shop under load, cuts their connections at random, and half-way kills and
 * restarts the shop. In the end every client must have each of its events, in order, and no others.
 */
export async function soakLive(sockets: number, changes: number, random: () => number): Promise<void> {
  const shop = new SandboxShop()
  const ofStaff = Math.min(STAFF_SOCKETS, Math.floor(sockets / 2))
  const people = await shop.open(Math.ceil((sockets - ofStaff) / SOCKETS_EACH))
  const proxy = await FlakyProxy.listen(shop.port)
  const clients = Array.from({ length: sockets }, (_, n) =>
    aClient(n, people, n < ofStaff, proxy.port, random),
  )
  try {
    for (const client of clients) client.connect()
    await until(() => clients.every(({ isConnected }) => isConnected))
    const missing = clients.find(({ isConnected }) => !isConnected)
    if (missing) throw new Error(`${missing.name} could not connect.`)

    const workload = new Workload(shop, people, changes, random)
    const [cuts] = await Promise.all([
      injectFaults(workload, { shop, people, proxy, clients }, random),
      workload.run(),
    ])
    const log = await readLog(shop, people, workload.changes)
    const eventsOf = ({ person }: LiveClient) =>
      log.filter(({ change }) => person === people.staff || person === change.customer)
    await until(() => clients.every((client) => client.arrivals.size >= eventsOf(client).length))
    const faults = clients.flatMap((client) => [...client.faults, ...compare(client, eventsOf(client))])
    if (faults.length > 0) throw new Error(faults.join('\n'))

    const reconnects = sum(clients.map(({ connections }) => connections - 1))
    console.log(
      `live soak: ${sockets} sockets of ${people.customers.length} customers and staff, ${changes} changes, one restart, ${cuts} cuts, ${reconnects} reconnects`,
    )
    printMessages(clients.map((client) => ({ client, events: eventsOf(client) })))
  } finally {
    for (const client of clients) client.close()
    proxy.close()
    shop.kill()
  }
}

function aClient(
  n: number,
  { staff, customers }: People,
  isStaff: boolean,
  port: number,
  random: () => number,
): LiveClient {
  const person = isStaff ? staff : customers[n % customers.length]!
  const path = isStaff ? '/api/admin/orders/events/' : '/api/orders/events/'
  return new LiveClient(`Socket ${n} of ${person.email}`, person, `ws://127.0.0.1:${port}${path}`, random)
}

interface LoggedEvent {
  id: number
  change: Change
}

/** The events of the changes, read from the ledgers of the orders, which must hold these changes and no others. */
async function readLog(
  shop: SandboxShop,
  { staff }: People,
  changes: readonly Change[],
): Promise<LoggedEvent[]> {
  const ofEach = [...Map.groupBy(changes, ({ customer }) => customer).values()].map(async (theirs) => {
    const events: LoggedEvent[] = []
    for (const [order_id, made] of Map.groupBy(theirs, (change) => change.order_id)) {
      const { results } = await shop.read(`/api/admin/orders/${order_id}/events/`, staff.access)
      const logged = (results as { id: number; to: string }[]).toReversed()
      const [found, expected] = [logged.map(({ to }) => to), made.map(({ status }) => status)].map(String)
      if (found !== expected)
        throw new Error(`Order ${order_id} became ${expected}, but its ledger says ${found}.`)
      events.push(...logged.map(({ id }, index) => ({ id, change: made[index]! })))
    }
    return events
  })
  return (await Promise.all(ofEach)).flat().toSorted((a, b) => a.id - b.id)
}

/** Events that a client misses, or should not have received. */
function compare({ name, arrivals }: LiveClient, events: readonly LoggedEvent[]): string[] {
  const ids = new Set(events.map(({ id }) => id))
  const missing = [...ids].filter((id) => !arrivals.has(id))
  const foreign = [...arrivals.keys()].filter((id) => !ids.has(id))
  const wrong = events.filter(({ id, change: { order_id, status } }) => {
    const arrival = arrivals.get(id)
    return arrival && (arrival.order_id !== order_id || arrival.status !== status)
  })
  return [
    ...(missing.length > 0 ? [`${name} misses events ${missing.join(', ')}.`] : []),
    ...(foreign.length > 0 ? [`${name} received events of others: ${foreign.join(', ')}.`] : []),
    ...wrong.map(({ id }) => `${name} received event ${id} with wrong content.`),
  ]
}

function printMessages(received: readonly { client: LiveClient; events: readonly LoggedEvent[] }[]): void {
  const messages = sum(received.map(({ client }) => client.arrivals.size))
  const duplicates = sum(received.map(({ client }) => client.duplicates))
  console.log(`live soak: ${messages} messages, none missing, all in order, ${duplicates} duplicates`)
  // Only on connections that were open when the response arrived: other messages waited for a reconnect.
  const direct = received.flatMap(({ client, events }) =>
    events.flatMap(({ id, change: { timing } }) => {
      const { at, connected_at } = client.arrivals.get(id)!
      return timing && connected_at < timing.answered_at ? [{ at, ...timing }] : []
    }),
  )
  // A message may overtake the response.
  printPercentiles(
    'answer',
    direct.map(({ at, answered_at }) => Math.max(0, at - answered_at)),
  )
  printPercentiles(
    'request',
    direct.map(({ at, sent_at }) => at - sent_at),
  )
}

function printPercentiles(from: string, milliseconds: readonly number[]): void {
  const sorted = milliseconds.toSorted((a, b) => a - b)
  const percentile = (percent: number) =>
    (sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? 0).toFixed(0)
  console.log(`live soak: from the ${from} to the message p50 ${percentile(50)} ms, p99 ${percentile(99)} ms`)
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0)
}

/** Waits until the condition holds, or patience ends. */
async function until(holds: () => boolean): Promise<void> {
  const late = performance.now() + PATIENCE_MILLISECONDS
  while (!holds() && performance.now() < late) await pause(100)
}
