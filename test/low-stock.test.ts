import { beforeAll, describe, expect, it } from 'vitest'
import type { Answer } from './http.ts'
import { aCategory, aCustomer, anOrder, aProduct, staffEdits, theOwner } from './shop.ts'

const owner = await theOwner()
const list = (query: string) => owner.call('GET', `/api/admin/products/?low_stock=true&${query}`)
const names = ({ body }: Answer) => body.results.map(({ name }: { name: string }) => name)

describe('GET /api/admin/products/?low_stock=true', () => {
  let category: Answer['body']
  const inCategory = (query = '') => list(`category=${category.name}&${query}`)

  beforeAll(async () => {
    category = await aCategory()
    for (const [name, stock, low_stock, published] of [
      ['five of five', 5, 5, true],
      ['two of nine', 2, 9, true],
      ['six of five', 6, 5, true],
      ['draft', 3, 3, false],
      ['none of none', 0, 0, true],
      ['none of any', 0, null, true],
      ['two of two', 2, 2, true],
    ] as const)
      await aProduct({ name, stock, low_stock, published, category: category.id })
  })

  it('lists what is at its threshold or below, the least stock first', async () => {
    const low = ['none of none', 'two of nine', 'two of two', 'draft', 'five of five']
    const answer = await inCategory()
    expect([answer.body.count, names(answer)]).toEqual([5, low])
    expect(answer.body.results[1]).toMatchObject({ stock: 2, low_stock: 9, published: true })
    const walked: string[] = []
    const back: string[] = []
    let last = await inCategory('page_size=2')
    walked.push(...names(last))
    while (last.body.next !== null) {
      last = await owner.call('GET', last.body.next)
      walked.push(...names(last))
    }
    expect(walked).toEqual(low)
    for (; last.body.previous !== null;) {
      last = await owner.call('GET', last.body.previous)
      back.unshift(...names(last))
    }
    expect(back).toEqual(low.slice(0, 4))
    expect(names(await list('page_size=100'))).toEqual(expect.arrayContaining(low))
  })

  it('filters by stock, and by whether a product is published', async () => {
    expect(names(await inCategory('in_stock=false'))).toEqual(['none of none'])
    expect(names(await inCategory('published=false'))).toEqual(['draft'])
    expect(names(await inCategory('in_stock=true&published=true&page=2&page_size=1'))).toEqual(['two of two'])
  })

  it('follows orders, corrections and the threshold', async () => {
    const { name, id } = await aCategory()
    const product = await aProduct({ stock: 3, low_stock: 2, category: id })
    const isLow = async () => (await list(`category=${name}`)).body.count === 1
    expect(await isLow()).toBe(false)
    const ann = await aCustomer()
    const order = await anOrder(ann, product)
    expect(await isLow()).toBe(true)
    await ann.cancels(order)
    expect(await isLow()).toBe(false)
    await staffEdits(product, { low_stock: 3 })
    expect(await isLow()).toBe(true)
    await staffEdits(product, { stock_delta: 1 })
    expect(await isLow()).toBe(false)
    await staffEdits(product, { stock: 0 })
    expect(await isLow()).toBe(true)
    expect((await staffEdits(product, { low_stock: null })).body.low_stock).toBe(null)
    expect(await isLow()).toBe(false)
  })

  it.each(['search=two', 'min_price=1', 'max_price=2', 'ordering=price'])(
    'has an order of its own: refuses %s',
    async (query) => {
      const [field] = query.split('=') as [string]
      expect(await list(query)).toBeProblem(400, 'invalid_request', {
        errors: { [field]: [`Give either low_stock or ${field}, not both.`] },
      })
    },
  )

  it('has one value', async () => {
    expect(await owner.call('GET', '/api/admin/products/?low_stock=false')).toBeProblem(
      400,
      'invalid_request',
      {
        errors: { low_stock: ['Must be one of true.'] },
      },
    )
  })
})
