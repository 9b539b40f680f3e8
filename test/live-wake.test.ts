import { createExecutionContext, evictDurableObject, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { app } from '../src/app.ts'
import { Db } from '../src/db/client.ts'
import { streamOf } from '../src/events/wake.ts'
import { wakeForRecentEvents } from '../src/live/wake-for-recent-events.ts'
import { ORIGIN } from './http.ts'
import { insertEvents, listen, listenAsStaff, throughD1 } from './listening.ts'
import { aCustomer, anOrder, aProduct, type Person, simultaneously, theOwner } from './shop.ts'

let product: { id: number }

beforeAll(async () => {
  product = await aProduct({ stock: 1_000_000 })
})

/** Streams that only note whose they are. */
function notingStreams() {
  const woken: string[] = []
  const streams = {
    getByName: (name: string) => ({ wake: async () => void woken.push(name) }),
  } as unknown as typeof env.ORDER_STREAMS
  return { woken, streams }
}

/** Places an order and returns the names of the streams that the Worker wakes. */
async function wokenByOrder(person: Person): Promise<string[]> {
  await person.adds(product)
  const { woken, streams } = notingStreams()
  const request = new Request(`${ORIGIN}/api/orders/create/`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${person.access}` },
  })
  const context = createExecutionContext()
  const { status } = await app.fetch(request, { ...env, ORDER_STREAMS: streams }, context)
  await waitOnExecutionContext(context)
  expect(status).toBe(201)
  return woken.toSorted()
}

async function listening(): Promise<string[]> {
  const { results } = await env.DB.prepare('SELECT name FROM listening_streams ORDER BY name').all<{
    name: string
  }>()
  return results.map(({ name }) => name)
}

describe('the minute job', () => {
  it('wakes each customer with a recent event, even if another has a thousand, and reads no old ones', async () => {
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    const now = Date.now() + 1_000_000 // of no other test
    await insertEvents(bob.id, 1, 10_000, now - 300_000)
    await insertEvents(ann.id, 1, 1, now - 100_000)
    await insertEvents(bob.id, 1, 1000, now - 50_000)
    const { woken, streams } = notingStreams()
    const db = new Db(env.DB)
    await wakeForRecentEvents(db, streams, now)
    expect(woken).toEqual(['staff', `customer-${bob.id}`, `customer-${ann.id}`])
    expect(db.usage.rows_read).toBeLessThan(2100)
  })
})

describe('placing an order', () => {
  it('wakes the streams that have listeners, and no others', async () => {
    const [ann, bob, owner] = [await aCustomer(), await aCustomer(), await theOwner()]
    expect(await wokenByOrder(ann)).toEqual([])
    const socket = await listen(ann.access)
    await listen(bob.access)
    expect(await wokenByOrder(ann)).toEqual([`customer-${ann.id}`])
    const staff = await listenAsStaff(owner.access, { since: 'now' })
    await staff.begins()
    expect(await wokenByOrder(ann)).toEqual([`customer-${ann.id}`, 'staff'])
    expect(await wokenByOrder(bob)).toEqual([`customer-${bob.id}`, 'staff'])
    socket.close()
    staff.close()
  })

  it('reaches a listener that connects at the same moment, without the minute job', async () => {
    await simultaneously(20, async () => {
      const ann = await aCustomer()
      await ann.adds(product)
      const [socket, order] = await Promise.all([listen(ann.access, { since: 0 }), anOrder(ann, product)])
      expect((await socket.gets(1)).map(({ order: { id } }) => id)).toEqual([order.id])
      socket.close()
    })
  })

  it('is read by a new listener, or wakes its stream: that is noted in the batch that reads the log', async () => {
    const ann = await aCustomer()
    await ann.adds(product)
    const woken: string[][] = []
    await throughD1(
      ann,
      async (statements, session) => {
        const isFirst = woken.length === 0
        if (isFirst) woken.push(await wokenByOrder(ann))
        const results = await session.batch(statements)
        if (isFirst) woken.push(await wokenByOrder(ann))
        return results
      },
      async () => {
        const socket = await listen(ann.access, { since: 0 })
        await socket.gets(1)
        socket.close()
      },
    )
    expect(woken).toEqual([[], [`customer-${ann.id}`]])
  })

  it('wakes a stream once more after its last listener has left, also if the object was evicted', async () => {
    for (const isEvicted of [false, true]) {
      const ann = await aCustomer()
      const name = `customer-${ann.id}`
      const socket = await listen(ann.access)
      await anOrder(ann, product)
      await socket.gets(1)
      expect(await listening()).toContain(name)
      socket.close()
      const stream = streamOf(env.ORDER_STREAMS, { user_id: ann.id })
      if (isEvicted) await evictDurableObject(stream)
      await expect
        .poll(async () => {
          await stream.wake()
          return listening()
        })
        .not.toContain(name)
      expect(await wokenByOrder(ann)).toEqual([])
    }
  })

  it('wakes a stream whose new listener connects while it notes that the last one left', async () => {
    const ann = await aCustomer()
    const left = await listen(ann.access)
    await anOrder(ann, product)
    await left.gets(1)
    left.close()
    let other: Awaited<ReturnType<typeof listen>> | undefined
    await throughD1(
      ann,
      async (statements, session) => {
        const isEnding = statements.length === 1
        // With a position, which does not wait for the object to read the log.
        const connecting = isEnding && !other ? listen(ann.access, { since: 0 }) : undefined
        await new Promise((resolve) => setTimeout(resolve, 50)) // the new one connects before the row is deleted
        const results = await session.batch(statements)
        if (connecting) other = await connecting
        return results
      },
      async (stream) => {
        await expect
          .poll(async () => {
            await stream.wake()
            return other
          })
          .toBeDefined()
        await stream.wake()
      },
    )
    expect(await wokenByOrder(ann)).toEqual([`customer-${ann.id}`])
  })

  it('renews the row of a stream once an hour', async () => {
    const ann = await aCustomer()
    const socket = await listen(ann.access)
    const stream = streamOf(env.ORDER_STREAMS, { user_id: ann.id })
    const at = async () =>
      env.DB.prepare('SELECT at FROM listening_streams WHERE name = ?')
        .bind(`customer-${ann.id}`)
        .first<number>('at')
    await expect.poll(at).not.toBeNull()
    const first = await at()
    await stream.wake()
    expect(await at()).toBe(first)
    const earlier = Date.now() - 61 * 60 * 1000
    await env.DB.prepare('UPDATE listening_streams SET at = ?').bind(earlier).run()
    await stream.wake()
    expect(await at()).toBeGreaterThan(earlier)
    socket.close()
  })
})
