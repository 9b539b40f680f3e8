import { LiveClient } from './drill/client.ts'
import { disturb } from './drill/disturb.ts'
import { type Change, Trade } from './drill/trade.ts'
import { Wire } from './drill/wire.ts'
import { type Parties, pause, RealShop } from './real-shop.ts'

/**
 * Many listen to a shop while it trades. Their connections are cut at random, and half-way the shop
 * itself is killed and started again. In the end everyone must have had each event of theirs, and nobody
 * else's, in order.
 */

const WIRE_PORT = 8798
const STAFF_SOCKETS = 8
/** Of the ten that a customer may have: the shop takes some for alive that are not. */
const SOCKETS_EACH = 6
const PATIENCE_MILLISECONDS = 30_000

export async function drillLive(sockets: number, changes: number, roll: () => number): Promise<void> {
  const shop = new RealShop()
  const wire = await Wire.between(WIRE_PORT, RealShop.port)
  const ofStaff = Math.min(STAFF_SOCKETS, Math.floor(sockets / 2))
  const parties = await shop.open(Math.ceil((sockets - ofStaff) / SOCKETS_EACH))
  const clients = Array.from({ length: sockets }, (_, n) => aClient(n, parties, n < ofStaff, roll))
  try {
    for (const client of clients) client.connect()
    await until(() => clients.every(({ isConnected }) => isConnected))
    const outside = clients.find(({ isConnected }) => !isConnected)
    if (outside) throw new Error(`${outside.name} could not connect.`)

    const trade = new Trade(shop, parties, changes, roll)
    const [cuts] = await Promise.all([disturb(trade, { shop, parties, wire, clients }, roll), trade.run()])
    const log = await readLog(shop, parties, trade.changes)
    const eventsOf = ({ person }: LiveClient) =>
      log.filter(({ change }) => person === parties.staff || person === change.customer)
    await until(() => clients.every((client) => client.arrivals.size >= eventsOf(client).length))
    const faults = clients.flatMap((client) => [...client.faults, ...compare(client, eventsOf(client))])
    if (faults.length > 0) throw new Error(faults.join('\n'))

    const reconnects = sum(clients.map(({ connections }) => connections - 1))
    console.log(
      `live drill: ${sockets} sockets of ${parties.customers.length} customers and staff, ${changes} changes, one restart, ${cuts} cuts, ${reconnects} reconnects`,
    )
    tellMessages(clients.map((client) => ({ client, events: eventsOf(client) })))
  } finally {
    for (const client of clients) client.leave()
    wire.close()
    shop.kill()
  }
}

function aClient(n: number, { staff, customers }: Parties, isStaff: boolean, roll: () => number): LiveClient {
  const person = isStaff ? staff : customers[n % customers.length]!
  const path = isStaff ? '/api/admin/orders/events/' : '/api/orders/events/'
  return new LiveClient(`Socket ${n} of ${person.email}`, person, `ws://127.0.0.1:${WIRE_PORT}${path}`, roll)
}

interface LoggedEvent {
  id: number
  change: Change
}

/** The changes with their ids, from the ledgers that staff read: each is in one of them, and nothing else. */
async function readLog(
  shop: RealShop,
  { staff }: Parties,
  changes: readonly Change[],
): Promise<LoggedEvent[]> {
  const ofEach = [...Map.groupBy(changes, ({ customer }) => customer).values()].map(async (theirs) => {
    const events: LoggedEvent[] = []
    for (const [order_id, made] of Map.groupBy(theirs, (change) => change.order_id)) {
      const { results } = await shop.read(`/api/admin/orders/${order_id}/events/`, staff.access)
      const logged = (results as { id: number; to: string }[]).toReversed()
      const [has, was] = [logged.map(({ to }) => to), made.map(({ status }) => status)].map(String)
      if (has !== was) throw new Error(`Order ${order_id} became ${was}, but its ledger says ${has}.`)
      events.push(...logged.map(({ id }, index) => ({ id, change: made[index]! })))
    }
    return events
  })
  return (await Promise.all(ofEach)).flat().toSorted((a, b) => a.id - b.id)
}

/** What a client lacks, or should not have got. */
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
    ...(foreign.length > 0 ? [`${name} got events that are not theirs: ${foreign.join(', ')}.`] : []),
    ...wrong.map(({ id }) => `${name} was told of event ${id} what is not so.`),
  ]
}

function tellMessages(heard: readonly { client: LiveClient; events: readonly LoggedEvent[] }[]): void {
  const messages = sum(heard.map(({ client }) => client.arrivals.size))
  const twice = sum(heard.map(({ client }) => client.duplicates))
  console.log(`live drill: ${messages} messages, none missing and all in order, ${twice} of them twice`)
  // To connections that were open when the change was answered; others waited for the client.
  const atOnce = heard.flatMap(({ client, events }) =>
    events.flatMap(({ id, change: { moments } }) => {
      const { at, connected_at } = client.arrivals.get(id)!
      return moments && connected_at < moments.answered_at ? [{ at, ...moments }] : []
    }),
  )
  // A message may overtake the answer.
  tellSpread(
    'answer',
    atOnce.map(({ at, answered_at }) => Math.max(0, at - answered_at)),
  )
  tellSpread(
    'request',
    atOnce.map(({ at, sent_at }) => at - sent_at),
  )
}

function tellSpread(from: string, milliseconds: readonly number[]): void {
  const sorted = milliseconds.toSorted((a, b) => a - b)
  const percentile = (percent: number) =>
    (sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? 0).toFixed(0)
  console.log(
    `live drill: from the ${from} to the message p50 ${percentile(50)} ms, p99 ${percentile(99)} ms`,
  )
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0)
}

/** Waits for it, but not for ever. */
async function until(isSo: () => boolean): Promise<void> {
  const late = performance.now() + PATIENCE_MILLISECONDS
  while (!isSo() && performance.now() < late) await pause(100)
}
