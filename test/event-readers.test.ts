import { env } from 'cloudflare:workers'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { Db } from '../src/db/client.ts'
import { beginAfter, moveToEndOf } from '../src/events/position.ts'
import { eventsFor, lastEventBefore } from '../src/orders/events.ts'
import { insertEvents } from './listening.ts'
import { aCustomer, anOrder, staffMoves } from './shop.ts'

const READER = 'test'

/** Reads a page and moves past it, as a reader does. */
async function read(limit = 100) {
  const [events] = await new Db(env.DB).batch([
    eventsFor(READER, limit),
    moveToEndOf(READER, eventsFor(READER, limit)),
  ])
  return events
}

const begin = (time: number) => new Db(env.DB).batch([beginAfter(READER, lastEventBefore(time))])

describe('a durable reader of the log', () => {
  it('begins after what is old, and then reads each event once, in order, in pages', async () => {
    const ann = await aCustomer()
    await insertEvents(ann.id, 1, 3, Date.now() - 600_000)
    await begin(Date.now() - 300_000)
    expect(await read()).toEqual([])
    const orders = [await anOrder(ann), await anOrder(ann), await anOrder(ann)]
    await begin(Date.now() + 300_000) // it has begun already
    expect((await read(2)).map(({ order_id }) => order_id)).toEqual([orders[0].id, orders[1].id])
    expect((await read(2)).map(({ order_id }) => order_id)).toEqual([orders[2].id])
    expect(await read(2)).toEqual([])
  })

  it('hears what happened to an order', async () => {
    await read()
    const order = await anOrder()
    for (const status of ['Shipped', 'Pending', 'Shipped', 'Delivered']) await staffMoves(order, status)
    await staffMoves(await anOrder(), 'Cancelled')
    expect((await read()).map(({ type }) => type)).toEqual([
      'placed',
      'shipped',
      null, // taken back
      'shipped',
      'delivered',
      'placed',
      'cancelled',
    ])
  })

  it('reads no more rows in a long log', async () => {
    const ann = await aCustomer()
    const cost = async () => {
      const db = new Db(env.DB)
      await db.batch([eventsFor(READER, 10), moveToEndOf(READER, eventsFor(READER, 10)), sql`SELECT 1`])
      return db.usage.rows_read
    }
    await read()
    const idle = await cost()
    await insertEvents(ann.id, 1, 2000, Date.now())
    expect(idle).toBeLessThan(10)
    expect(await cost()).toBeLessThan(50)
  })
})
