import { env } from 'cloudflare:workers'
import { sql } from 'kysely'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { Db } from '../src/db/client.ts'
import { refuseWhen } from '../src/db/refusal.ts'
import { aProduct } from './shop.ts'

const counter = (db: Db) => db.selectFrom('counters').where('name', '=', 'orders').select('value')
const raise = (db: Db) =>
  db
    .updateTable('counters')
    .set({ value: sql`value + 1` })
    .where('name', '=', 'orders')

describe('Db.batch', () => {
  it('runs its queries in order, in one trip, and types their rows', async () => {
    const db = new Db(env.DB)
    const [before, raised, [after], raw] = await db.batch([
      counter(db),
      raise(db),
      counter(db).select('name'),
      sql<{ one: number }>`SELECT 1 AS one`.compile(db),
    ])
    expectTypeOf(before).toEqualTypeOf<{ value: number }[]>()
    expectTypeOf(raised).toEqualTypeOf<never[]>()
    expectTypeOf(after).toEqualTypeOf<
      { value: number; name: 'categories' | 'products' | 'orders' } | undefined
    >()
    expectTypeOf(raw).toEqualTypeOf<{ one: number }[]>()
    expect([before, raised, after, raw]).toEqual([
      [{ value: 0 }],
      [],
      { value: 1, name: 'orders' },
      [{ one: 1 }],
    ])
    expect(db.usage.trips).toBe(1)
  })

  it('does all or nothing', async () => {
    const db = new Db(env.DB)
    const before = await counter(db).executeTakeFirst()
    const refusal = refuseWhen(
      db,
      sql`EXISTS (SELECT 1)`,
      'cart_empty',
      'It’s "empty"',
      sql`json_object('a', json('[1]'))`,
    )
    await expect(db.batch([raise(db), refusal])).rejects.toMatchObject({
      code: 'cart_empty',
      message: 'It’s "empty"',
      extra: { a: [1] },
    })
    await expect(db.batch([raise(db), sql`SELECT nonsense`.compile(db)])).rejects.toThrow('nonsense')
    expect(await counter(db).executeTakeFirst()).toEqual(before)
  })

  it('goes on when a refusal does not hold', async () => {
    const db = new Db(env.DB)
    const [, rows] = await db.batch([
      refuseWhen(db, sql`NOT EXISTS (SELECT 1)`, 'cart_empty', ''),
      counter(db),
    ])
    expect(rows).toHaveLength(1)
    expect(await env.DB.prepare('SELECT count(*) AS n FROM refusals').first('n')).toBe(0)
  })

  it('is the way for writes: alone, kysely-d1 would make Kysely warn', async () => {
    const warn = vi.spyOn(console, 'warn')
    const db = new Db(env.DB)
    await expect(raise(db).execute()).rejects.toThrow('batch()')
    await counter(db).execute()
    await aProduct()
    expect(warn).not.toHaveBeenCalled()
  })

  it('speaks for a caller only while their login is live, also in single reads', async () => {
    const db = new Db(env.DB).as({ login_id: 999_999, user_id: 1, staff: false, now: Date.now() })
    const revoked = { code: 'token_revoked' }
    await expect(counter(db).execute()).rejects.toMatchObject(revoked)
    await expect(db.batch([counter(db)])).rejects.toMatchObject(revoked)
    await expect(db.batch([raise(db)])).rejects.toMatchObject(revoked)
    await expect(db.batch([sql`WITH x AS (SELECT 1) SELECT * FROM x`.compile(db)])).rejects.toMatchObject(
      revoked,
    )
    expect(await counter(new Db(env.DB)).executeTakeFirst()).toMatchObject({ value: expect.any(Number) })
  })
})
