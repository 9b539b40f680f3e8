import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { Db } from '../src/db/client.ts'
import { wakeForRecentEvents } from '../src/live/wake-for-recent-events.ts'
import { insertEvents } from './listening.ts'
import { aCustomer } from './shop.ts'

describe('the minute job', () => {
  it('wakes each customer with a recent event, even if another has a thousand, and reads no old ones', async () => {
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    const now = Date.now() + 1_000_000 // of no other test
    await insertEvents(bob.id, 1, 10_000, now - 300_000)
    await insertEvents(ann.id, 1, 1, now - 100_000)
    await insertEvents(bob.id, 1, 1000, now - 50_000)
    const woken: string[] = []
    const streams = {
      getByName: (name: string) => ({ wake: async () => void woken.push(name) }),
    } as unknown as typeof env.ORDER_STREAMS
    const db = new Db(env.DB)
    await wakeForRecentEvents(db, streams, now)
    expect(woken).toEqual(['staff', `customer-${bob.id}`, `customer-${ann.id}`])
    expect(db.usage.rows_read).toBeLessThan(2100)
  })
})
