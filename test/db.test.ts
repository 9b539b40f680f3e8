import { env } from 'cloudflare:workers'
import { sql } from 'kysely'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { activeSession } from '../src/auth/session-guard.ts'
import { build, compiler } from '../src/db/build.ts'
import { Db } from '../src/db/client.ts'
import { outageIn, refuseWhen, violates, violatesForeignKey } from '../src/db/refusal.ts'

const counter = build.selectFrom('counters').where('name', '=', 'orders').select('value')
const raise = build
  .updateTable('counters')
  .set({ value: sql`value + 1` })
  .where('name', '=', 'orders')

describe('Db.batch', () => {
  it('runs its queries in order, in one round trip, and types their rows', async () => {
    const db = new Db(env.DB)
    const [before, raised, [after], raw] = await db.batch([
      counter,
      raise,
      counter.select('name'),
      sql<{ one: number }>`SELECT 1 AS one`,
    ])
    expectTypeOf(before).toEqualTypeOf<{ value: number }[]>()
    expectTypeOf(raised).toEqualTypeOf<never[]>()
    expectTypeOf(after).toEqualTypeOf<
      { value: number; name: 'categories' | 'products' | 'drafts' | 'orders' | 'stripe_events' } | undefined
    >()
    expectTypeOf(raw).toEqualTypeOf<{ one: number }[]>()
    expect([before, raised, after, raw]).toEqual([
      [{ value: 0 }],
      [],
      { value: 1, name: 'orders' },
      [{ one: 1 }],
    ])
    expect(db.usage.round_trips).toBe(1)
  })

  it('takes an equal value once, so that a query can repeat it beyond the hundred parameters of D1', async () => {
    const repeated = Array.from({ length: 150 }, (_, n) => n % 2)
    const query = sql<object>`SELECT 0 IN (${sql.join(repeated)}) AS found, ${'it'} AS text, ${1} AS one`
    const [row] = await new Db(env.DB).all(query)
    expect(row).toEqual({ found: 1, text: 'it', one: 1 })
    expect(query.compile(compiler).parameters).toEqual([0, 1, 'it'])
  })

  it('is all or nothing', async () => {
    const db = new Db(env.DB)
    const before = await db.first(counter)
    const refusal = refuseWhen(
      sql`EXISTS (SELECT 1)`,
      'cart_empty',
      'It’s "empty"',
      sql`json_object('a', json('[1]'))`,
    )
    await expect(db.batch([raise, refusal])).rejects.toMatchObject({
      code: 'cart_empty',
      message: 'It’s "empty"',
      extra: { a: [1] },
    })
    await expect(db.batch([raise, sql`SELECT nonsense`])).rejects.toThrow('nonsense')
    expect(await db.first(counter)).toEqual(before)
  })

  it('continues when the condition of a refusal is false', async () => {
    const db = new Db(env.DB)
    const [, rows] = await db.batch([refuseWhen(sql`NOT EXISTS (SELECT 1)`, 'cart_empty', ''), counter])
    expect(rows).toHaveLength(1)
    expect(await env.DB.prepare('SELECT count(*) AS n FROM refusals').first('n')).toBe(0)
  })
})

describe('what D1 says', () => {
  it('is read from its start, where no customer can have written it', () => {
    const said = 'D1_ERROR: UNIQUE constraint failed: users.email_key: SQLITE_CONSTRAINT'
    expect(violates(new Error(said), 'users.email_key')).toBe(true)
    expect(violates(new Error(said), 'users.email')).toBe(false)
    for (const quoting of ['D1_ERROR: refused "', 'D1_ERROR: no such column: "', '']) {
      expect(violates(new Error(`${quoting}${said}`), 'users.email_key')).toBe(quoting === '')
      const foreign = `${quoting}D1_ERROR: FOREIGN KEY constraint failed`
      expect(violatesForeignKey(new Error(foreign))).toBe(quoting === '')
      const outage = `${quoting}D1 DB is overloaded. Too many requests queued.`
      expect(outageIn(new Error(outage)) !== undefined).toBe(quoting === '')
    }
  })
})

/** Those of https://developers.cloudflare.com/d1/observability/debug-d1/ that say that D1 cannot answer now. */
const OUTAGES = [
  'D1 DB reset because its code was updated.',
  'Internal error while starting up D1 DB storage caused object to be reset.',
  'Network connection lost.',
  'Internal error in D1 DB storage caused object to be reset.',
  'Cannot resolve D1 DB due to transient issue on remote node.',
  "Can't read from request stream because client disconnected.",
  'D1 DB storage operation exceeded timeout which caused object to be reset.',
  'D1 DB is overloaded. Requests queued for too long.',
  'D1 DB is overloaded. Too many requests queued.',
  'D1 DB exceeded its CPU time limit and was reset.',
  "D1 DB's isolate exceeded its memory limit and was reset.",
  'Replica disconnected from primary.',
]

it.each(OUTAGES)('D1 cannot answer now: %s', (message) => {
  expect(outageIn(new Error(`D1_ERROR: ${message}`))?.code).toBe('temporarily_unavailable')
})

describe('a query', () => {
  it('runs only through a Db: the builder has no connection', async () => {
    await expect(counter.execute()).rejects.toThrow('run by a Db')
  })
})

describe('guards', () => {
  it('wrap every batch, the first outermost, in the same round trip', async () => {
    const db = new Db(env.DB)
    const seen: unknown[] = []
    const guard = (name: string) => () => ({
      before: [sql`SELECT ${name} AS before`],
      after: [sql`SELECT ${name} AS after`],
      inspect: (rows: unknown[][]) => void seen.push(rows),
    })
    db.guard(guard('outer'))
    db.guard(guard('inner'))
    expect(await db.first(sql`SELECT 1 AS own`)).toEqual({ own: 1 })
    expect(seen).toEqual([[[{ before: 'outer' }]], [[{ before: 'inner' }]]])
    expect(db.usage.round_trips).toBe(1)
  })

  it('refuse reads and writes of a session that is not active', async () => {
    const db = new Db(env.DB)
    db.guard(activeSession({ session_id: 999_999, user_id: 1, staff: false, now: Date.now() }))
    const revoked = { code: 'token_revoked' }
    await expect(db.first(counter)).rejects.toMatchObject(revoked)
    await expect(db.batch([counter])).rejects.toMatchObject(revoked)
    await expect(db.batch([raise])).rejects.toMatchObject(revoked)
    await expect(db.all(sql`WITH x AS (SELECT 1) SELECT * FROM x`)).rejects.toMatchObject(revoked)
    expect(await new Db(env.DB).first(counter)).toMatchObject({ value: expect.any(Number) })
  })
})
