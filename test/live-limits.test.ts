import {
  createExecutionContext,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { app } from '../src/app.ts'
import { streamOf } from '../src/events/wake.ts'
import { ORIGIN } from './http.ts'
import { eventIdsOf, insertEvents, insertLargeOrders, listen, listenAsStaff, throughD1 } from './listening.ts'
import { aCustomer, anOrder, aProduct, loggedIn, type Person, simultaneously, someStaff } from './shop.ts'

/** The bytes that replays may send to one account per minute, and that a connection may receive in total. */
const MAX_BYTES = 4 * 1024 * 1024
/** The bytes that replays may send to one account per second. */
const MAX_BYTES_A_SECOND = 1024 * 1024
const LARGE_MESSAGE_BYTES = 40_000

let product: { id: number }

beforeAll(async () => {
  product = await aProduct({ stock: 1_000_000 })
})

const streamFor = ({ id }: Person) => streamOf(env.ORDER_STREAMS, { user_id: id })

/** A customer with this many events of large orders. */
async function aCustomerWithHistory(events: number): Promise<Person> {
  const ann = await aCustomer()
  await insertLargeOrders(ann.id, events)
  return ann
}

type Sockets = Awaited<ReturnType<typeof listen>>[]

const bytesOf = (sockets: Sockets) => sum(sockets.map(({ bytes }) => bytes))

const alarmOf = (stream: ReturnType<typeof streamFor>) =>
  runInDurableObject(stream, (_, { storage }) => storage.getAlarm())

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Waits until the object has sent these sockets all that it sends in this minute. */
async function untilQuiet(stream: ReturnType<typeof streamFor>, sockets: Sockets): Promise<void> {
  for (let [sent, goesOn] = [-1, true]; goesOn || sent !== bytesOf(sockets);) {
    sent = bytesOf(sockets)
    await stream.wake()
    await pause(100)
    goesOn = (await alarmOf(stream))! - Date.now() <= 1000
  }
}

/** Lets the budget's minute end while the object is evicted, then runs its alarm. */
async function aMinuteLater(stream: ReturnType<typeof streamFor>): Promise<void> {
  await runInDurableObject(stream, async (_, { storage }) => {
    const minute = storage.kv.get<{ ends_at: number }>('replays')!
    expect(await storage.getAlarm()).toBe(minute.ends_at)
    storage.kv.put('replays', { ...minute, ends_at: Date.now() })
  })
  await evictDurableObject(stream)
  await runDurableObjectAlarm(stream)
}

type Send = Parameters<typeof throughD1>[1]

/** A D1 that answers only once it is released. */
function holding(): { held: Send; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const held: Send = async (statements, session) => {
    await promise
    return session.batch(statements)
  }
  return { held, release: resolve }
}

/** The rows that each round trip of this customer's object reads while `act` runs. */
async function rowsOfTrips(
  customer: Person,
  act: () => Promise<unknown>,
  send: Send = (statements, session) => session.batch(statements),
): Promise<number[]> {
  const trips: number[] = []
  const counted: Send = async (statements, session) => {
    const results = await send(statements, session)
    trips.push(sum(results.map(({ meta }) => meta.rows_read ?? 0)))
    return results
  }
  await throughD1(customer, counted, act)
  return trips
}

const sum = (figures: readonly number[]) => figures.reduce((total, figure) => total + figure, 0)

describe('a replay', () => {
  it('on ten sockets stays within the budget of the account', async () => {
    const ann = await aCustomerWithHistory(300)
    const all = await eventIdsOf(ann.id)
    const sockets = await simultaneously(10, (n) => listen(ann.access, { since: all[n]! - 1 }))
    await untilQuiet(streamFor(ann), sockets)
    expect(bytesOf(sockets)).toBeGreaterThan(MAX_BYTES / 2)
    expect(bytesOf(sockets)).toBeLessThan(MAX_BYTES + LARGE_MESSAGE_BYTES)
  })

  it('is still limited after the object was evicted', async () => {
    const ann = await aCustomerWithHistory(200)
    const first = await listen(ann.access, { since: 0 })
    await first.ends()
    await evictDurableObject(streamFor(ann))
    const again = await listen(ann.access, { since: 0 })
    await untilQuiet(streamFor(ann), [again])
    expect([again.messages, again.closed]).toEqual([[], undefined])
  })

  it('continues in the next minute by itself, until all events have arrived, in order', async () => {
    const ann = await aCustomerWithHistory(200)
    const all = await eventIdsOf(ann.id)
    const first = await listen(ann.access, { since: 0 })
    // It says how far it came: nobody else can know what it has read.
    expect(await first.ends()).toEqual({ code: 1013, reason: 'reconnect' })
    expect(first.bytes).toBeLessThan(MAX_BYTES + LARGE_MESSAGE_BYTES)
    const second = await listen(ann.access, { since: first.ids.at(-1)! })
    await untilQuiet(streamFor(ann), [second])
    expect(second.messages).toEqual([])
    await aMinuteLater(streamFor(ann))
    await second.gets(all.length - first.ids.length)
    expect([...first.ids, ...second.ids]).toEqual(all)
  })

  it('sends one account a bounded number of bytes per second, and continues by itself', async () => {
    const ann = await aCustomerWithHistory(100)
    // Ahead, so that no alarm rings by itself.
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000)
    try {
      const [one, other] = await simultaneously(2, () => listen(ann.access, { since: 0 }))
      for (let second = 1; second <= 3; second += 1) {
        await streamFor(ann).wake()
        await vi.waitFor(
          () => expect(bytesOf([one!, other!])).toBeGreaterThan(second * MAX_BYTES_A_SECOND),
          10_000,
        )
        await pause(100)
        expect(bytesOf([one!, other!])).toBeLessThan(second * (MAX_BYTES_A_SECOND + LARGE_MESSAGE_BYTES))
        expect(await alarmOf(streamFor(ann))).toBe(Date.now() + 1000)
        clock.mockReturnValue(Date.now() + 1000)
        await runDurableObjectAlarm(streamFor(ann))
      }
    } finally {
      clock.mockRestore()
    }
  })

  it('continues on the same connection, too', async () => {
    const ann = await aCustomerWithHistory(200)
    const all = await eventIdsOf(ann.id)
    const [one, other] = await simultaneously(2, () => listen(ann.access, { since: all[80]! - 1 }))
    await untilQuiet(streamFor(ann), [one!, other!])
    expect(bytesOf([one!, other!])).toBeLessThan(MAX_BYTES + LARGE_MESSAGE_BYTES)
    await aMinuteLater(streamFor(ann))
    for (const socket of [one!, other!]) {
      await socket.gets(120)
      expect([socket.ids, socket.closed]).toEqual([all.slice(80), undefined])
    }
  })

  it('that is paused does not delay live events of its account', async () => {
    const ann = await aCustomerWithHistory(200)
    const live = await listen(ann.access)
    const [lowest] = await eventIdsOf(ann.id)
    const waiting = await simultaneously(2, () => listen(ann.access, { since: lowest! - 1 }))
    await untilQuiet(streamFor(ann), waiting)
    const { id } = await anOrder(ann, product)
    expect((await live.gets(1)).map(({ order }) => order.id)).toEqual([id])
  })

  it('of one staff account does not use up the budget of others', async () => {
    const [one, other] = [await someStaff(), await someStaff()]
    const ann = await aCustomerWithHistory(160)
    const all = await eventIdsOf(ann.id)
    const stream = streamOf(env.ORDER_STREAMS, 'staff')
    const greedy = await simultaneously(3, () => listenAsStaff(one.access, { since: all[0]! - 1 }))
    await untilQuiet(stream, greedy)
    const socket = await listenAsStaff(other.access, { since: all[60]! - 1 })
    await socket.gets(100)
    expect(bytesOf(greedy)).toBeLessThan(MAX_BYTES + LARGE_MESSAGE_BYTES)
  })

  it('reads the log once for all listeners, starting at the oldest position', async () => {
    const ann = await aCustomer()
    const { id } = await anOrder(ann, product)
    await insertEvents(ann.id, id, 100)
    const all = await eventIdsOf(ann.id)
    const alone = await rowsOfTrips(ann, async () =>
      (await listen(ann.access, { since: 0 })).gets(all.length),
    )
    const { held, release } = holding()
    const together = await rowsOfTrips(
      ann,
      async () => {
        const sockets = await simultaneously(9, (n) => listen(ann.access, { since: all[n + 1]! - 1 }))
        release()
        for (const [n, socket] of sockets.entries()) {
          await socket.gets(all.length - n - 1)
          expect(socket.ids).toEqual(all.slice(n + 1))
        }
      },
      held,
    )
    expect(sum(together)).toBeLessThan(2 * sum(alone))
  })

  it('reads pages of a limited number of rows, however large the orders are', async () => {
    const ann = await aCustomerWithHistory(100)
    const trips = await rowsOfTrips(ann, async () => (await listen(ann.access, { since: 0 })).gets(100))
    expect(trips.length).toBeGreaterThan(1)
    expect(Math.max(...trips)).toBeLessThan(5500)
  })

  it('reads an order once, and writes its JSON once, however many of its events are on a page', async () => {
    const ann = await aCustomerWithHistory(1)
    const [event] = await eventIdsOf(ann.id)
    const { order_id } = (await env.DB.prepare('SELECT order_id FROM order_events WHERE id = ?')
      .bind(event)
      .first<{ order_id: number }>())!
    await insertEvents(ann.id, order_id, 20)
    const stringify = vi.spyOn(JSON, 'stringify')
    const trips = await rowsOfTrips(ann, async () => (await listen(ann.access, { since: 0 })).gets(21))
    const large = stringify.mock.results.filter(
      ({ value }) => (value as string).length > LARGE_MESSAGE_BYTES / 2,
    )
    stringify.mockRestore()
    expect(sum(trips)).toBeLessThan(400)
    expect(large).toHaveLength(trips.filter((rows) => rows > 100).length)
  })
})

describe('a session that has ended', () => {
  it('evicts no other connection', async () => {
    const ann = await aCustomer()
    const stolen = await loggedIn(ann.id, 0)
    const socket = await listen(ann.access)
    await ann.call('DELETE', `/api/users/sessions/${stolen.session_id}/`)
    const { held, release } = holding()
    const sockets = await throughD1(ann, held, async () => {
      const connected = await simultaneously(15, () => listen(stolen.access, { since: 0 }))
      release()
      return connected
    })
    const { id } = await anOrder(ann, product)
    expect((await socket.gets(1)).map(({ order }) => order.id)).toEqual([id])
    expect(socket.closed).toBeUndefined()
    for (const each of sockets) expect(await each.ends()).toEqual({ code: 4401, reason: 'token_revoked' })
  })
})

describe('the limit on listening', () => {
  it('is by session, so an ended one does not use up the limit of others', async () => {
    const ann = await aCustomer()
    const stolen = await loggedIn(ann.id, 0)
    await ann.call('DELETE', `/api/users/sessions/${stolen.session_id}/`)
    const counts: Record<string, number> = {}
    const LIMIT_LISTEN = {
      limit: async ({ key }: { key: string }) => ({ success: (counts[key] = (counts[key] ?? 0) + 1) <= 3 }),
    }
    const statusOf = async (token: string) => {
      const headers = { Accept: 'text/event-stream', Authorization: `Bearer ${token}` }
      const request = new Request(`${ORIGIN}/api/orders/events/`, { headers })
      const limited = { ...env, RATE_LIMITING: 'on', LIMIT_LISTEN }
      const { status, body } = await app.fetch(request, limited, createExecutionContext())
      await body?.cancel()
      return status
    }
    const ofStolen = []
    for (let n = 0; n < 4; n += 1) ofStolen.push(await statusOf(stolen.access))
    expect([ofStolen, await statusOf(ann.access)]).toEqual([[401, 401, 401, 429], 200])
  })
})

describe('the alarm', () => {
  it('is written when its time changes, not with each event', async () => {
    const ann = await aCustomer()
    const socket = await listen(ann.access, { since: 'now' })
    await socket.begins()
    const setAlarm = await runInDurableObject(streamFor(ann), (_, { storage }) =>
      vi.spyOn(storage, 'setAlarm'),
    )
    for (let n = 0; n < 3; n += 1) await anOrder(ann, product)
    await socket.gets(3)
    await streamFor(ann).wake()
    expect(setAlarm).not.toHaveBeenCalled()
  })

  it('does not ring for a replay up to an event that a restore has undone', async () => {
    const ann = await aCustomer()
    const socket = await listen(ann.access, { since: 'now' })
    await socket.begins()
    const expires_at = await runInDurableObject(streamFor(ann), (_, state) => {
      const [one] = state.getWebSockets()
      const listener = one!.deserializeAttachment() as { expires_at: number }
      one!.serializeAttachment({ ...listener, cursor: 1e9, replay_end: 2e9 })
      return listener.expires_at
    })
    await streamFor(ann).wake()
    expect(await alarmOf(streamFor(ann))).toBe(expires_at)
  })
})
