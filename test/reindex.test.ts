import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { reindex } from '../src/catalog/reindex.ts'
import { Db } from '../src/db/client.ts'
import worker from '../src/index.ts'
import { d1Through } from './d1.ts'
import { get } from './http.ts'
import { aCategory, aProduct, staffEdits, theOwner } from './shop.ts'

const ENOUGH_MILLISECONDS = 60_000

const found = async (search: string, query = '') => {
  const { body } = await get(`/api/products/?search=${encodeURIComponent(search)}&${query}`)
  return body.results.map(({ name }: { name: string }) => name)
}
const countOf = async (search: string) => (await get(`/api/products/?search=${search}`)).body.count

/** Inserts products as SQL alone does, without search words. */
async function insertBySql(
  names: readonly string[],
  category: { id: number },
  description = '',
): Promise<number[]> {
  const { results } = await env.DB.prepare(
    `INSERT INTO products (name, name_key, description, price_cents, stock, category_id, created_at, updated_at)
     SELECT value, lower(value), ?, 1000, 0, ?, 0, 0 FROM json_each(?) RETURNING id`,
  )
    .bind(description, category.id, JSON.stringify(names))
    .run<{ id: number }>()
  return results.map(({ id }) => id)
}

const segments = () =>
  env.DB.prepare('SELECT count(DISTINCT segid) AS count FROM product_words_idx').first<number>('count')

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name} ${n}`)

describe('reindexing', () => {
  beforeEach(() => reindex(new Db(env.DB), ENOUGH_MILLISECONDS))

  it('makes the words of a product that only SQL has indexed, which is found meanwhile', async () => {
    const category = await aCategory({ name: 'Almanacs' })
    const [, edited] = await insertBySql(['Sundials 10', 'Sundials 9'], category, 'Für den Hof')
    expect(await found('sundials hof', 'in_stock=false&category=almanacs')).toEqual([
      'Sundials 10',
      'Sundials 9',
    ])
    expect(await found('sundial10')).toEqual([])
    await staffEdits({ id: edited! }, { name: 'Sundials  9' })
    expect(await found('sundials fur')).toEqual(['Sundials 10', 'Sundials  9'])

    await worker.scheduled(createScheduledController({ cron: '* * * * *' }), env)

    expect(await found('sundials10 fuer almanac')).toEqual(['Sundials 10'])
    expect(await found('sundials', 'ordering=name')).toEqual(['Sundials  9', 'Sundials 10'])
    expect(await reindex(new Db(env.DB), ENOUGH_MILLISECONDS)).toBe(0)
  })

  it('does not depend on the settings of payments', async () => {
    await insertBySql(['Astrolabe 10'], await aCategory())
    const secrets = { STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: 'whsec_1' }
    const invalid = { ...env, ...secrets, PAY_WITHIN_MINUTES: 'soon' }
    const run = worker.scheduled(createScheduledController({ cron: '* * * * *' }), invalid)
    await expect(run).rejects.toThrow('PAY_WITHIN_MINUTES')
    expect(await found('astrolabe10')).toEqual(['Astrolabe 10'])
  })

  it('writes long texts in several statements', async () => {
    await insertBySql(numbered('辞書', 20), await aCategory(), '緑茶'.repeat(5000))
    let batches = 0
    const counting = d1Through(env.DB, (statements, session) => {
      batches += 1
      return session.batch(statements)
    })
    expect(await reindex(new Db(counting), ENOUGH_MILLISECONDS)).toBe(20)
    expect(batches).toBe(2 + 2 + 1) // two rounds that read and write, and one that finds nothing
    expect(await countOf('書')).toBe(20)
  })

  it('ends with its time, and continues after an interruption', async () => {
    await insertBySql(numbered('Hinges', 450), await aCategory())
    expect(await reindex(new Db(env.DB), 0)).toBe(0)
    let batches = 0
    const failing = d1Through(env.DB, (statements, session) => {
      batches += 1
      return batches === 4 ? Promise.reject(new Error('Network connection lost.')) : session.batch(statements)
    })
    await expect(reindex(new Db(failing), ENOUGH_MILLISECONDS)).rejects.toThrow('cannot reach its database')
    expect(await countOf('hinge+hinges')).toBe(200)
    expect(await reindex(new Db(env.DB), ENOUGH_MILLISECONDS)).toBe(250)
    expect(await countOf('hinge+hinges')).toBe(450)
  })

  it('keeps the words of an edit that came between', async () => {
    const [id] = await insertBySql(['Sextant'], await aCategory())
    let edits = 0
    const slow = d1Through(env.DB, async (statements, session) => {
      const results = await session.batch(statements)
      if (edits === 0) {
        edits += 1
        await staffEdits({ id: id! }, { name: 'Octants' })
      }
      return results
    })
    await reindex(new Db(slow), ENOUGH_MILLISECONDS)
    expect([await found('sextant'), await found('octant')]).toEqual([[], ['Octants']])
  })

  it('lets a renamed category be found by its new name: the first products at once, the others soon', async () => {
    const category = await aCategory({ name: 'Bobbins' })
    await insertBySql(numbered('Vessel', 450), category)
    await reindex(new Db(env.DB), ENOUGH_MILLISECONDS)
    expect(await countOf('bobbin+vessel')).toBe(450)
    const owner = await theOwner()
    await owner.call('PATCH', `/api/admin/categories/${category.id}/`, { body: { name: 'Spindles' } })
    expect([await countOf('spindle'), await countOf('bobbins')]).toEqual([200, 250])
    await reindex(new Db(env.DB), ENOUGH_MILLISECONDS)
    expect([await countOf('spindle'), await countOf('bobbins')]).toEqual([450, 0])
    await aProduct({ name: 'Urn', category: category.id })
    expect(await found('spindles urn')).toEqual(['Urn'])
  })
})

it('the minute job merges the segments that edits add to the search index', async () => {
  const category = await aCategory()
  for (let n = 0; n < 10; n += 1) await aProduct({ name: `Theodolite ${n}`, category: category.id })
  expect(await segments()).toBeGreaterThan(3)
  await worker.scheduled(createScheduledController({ cron: '* * * * *' }), env)
  expect(await segments()).toBeLessThanOrEqual(3)
  expect(await countOf('theodolites')).toBe(10)
})
