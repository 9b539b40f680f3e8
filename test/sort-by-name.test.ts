import { describe, expect, it } from 'vitest'
import { get, type Answer } from './http.ts'
import { aCategory, aProduct, theOwner } from './shop.ts'

const SORTED = [
  '0.25 l bottle', '0.5 l bottle', '1 l bottle', '1,5 l bottle', '#5 sieve', '007 poster', '10 l bottle', '🎁 Box',
  '(Boxed) set', 'e 1', '“Éclair”', 'eclair tin', 'Éclairs', 'Ecru', 'İzmir', 'Łódź map', 'lodz plan', 'Müller',
  'Muller A', 'Muslin', 'Nando', 'Ñandú', 'Øresund', 'Orfeo', 'Size 2', 'SIZE 9', 'Size  9b', 'size\u00a010',
  'Size 10b', 'Size 1,000', 'Size 99999999999999999999', 'Straße 1', 'Strasse 2', 'Zebra', 'ёлка', 'Жук', '緑茶 2',
  '緑茶 10',
] // prettier-ignore

async function walk(next: string | null, ask = get) {
  const names: string[] = []
  while (next !== null) {
    const { body }: Answer = await ask(next)
    names.push(...body.results.map(({ name }: { name: string }) => name))
    next = body.next
  }
  return names
}

describe('?ordering=name', () => {
  it('is natural in every list of products: numbers by value, accents beside their letter, case aside', async () => {
    const { id: category, name: of } = await aCategory()
    const shuffled = SORTED.toSorted((one, other) => (one.at(-1)! < other.at(-1)! ? -1 : 1))
    for (const name of shuffled) await aProduct({ name, category })
    const owner = await theOwner()
    const asStaff = (path: string) => owner.call('GET', path)
    for (const size of [1, 5, 100]) {
      const list = `category=${of}&page_size=${size}`
      expect(await walk(`/api/products/?${list}&ordering=name`)).toEqual(SORTED)
      expect(await walk(`/api/products/?${list}&ordering=-name`)).toEqual(SORTED.toReversed())
      expect(await walk(`/api/products/?${list}&ordering=name&min_price=1`)).toEqual(SORTED)
      expect(await walk(`/api/products/?${list}&ordering=name&in_stock=true`)).toEqual(SORTED)
      expect(await walk(`/api/products/?${list}&ordering=name&search=${of}`)).toEqual(SORTED)
      expect(await walk(`/api/admin/products/?${list}&ordering=name`, asStaff)).toEqual(SORTED)
    }
  })

  it('pages back over names that differ only in case, accents and spaces, exactly', async () => {
    const { id: category, name: of } = await aCategory()
    const names = ['Rose 1', 'rosé 01', 'ROSE  1', 'Rosè 1', 'Rose 2', 'rosé 2', 'Rose 10']
    const ids: number[] = []
    for (const name of names) ids.push((await aProduct({ name, category })).id)
    const pages: Answer['body'][] = []
    for (
      let next: string | null = `/api/products/?category=${of}&ordering=name&page_size=2`;
      next !== null;
    ) {
      const { body }: Answer = await get(next)
      pages.push(body)
      next = body.next
    }
    const idsOf = (body: Answer['body']) => body.results.map(({ id }: { id: number }) => id)
    expect(pages.flatMap(idsOf)).toEqual(ids)
    for (const [index, page] of pages.slice(1).entries()) {
      expect(idsOf((await get(page.previous)).body)).toEqual(idsOf(pages[index]))
    }
  })

  it('follows a new name', async () => {
    const { id: category, name: of } = await aCategory()
    const owner = await theOwner()
    for (const name of ['Wax 2', 'Wax 10']) await aProduct({ name, category })
    const { id } = await aProduct({ name: 'Wax 30', category })
    await owner.call('PATCH', `/api/admin/products/${id}/`, { body: { name: 'wáx 9' } })
    expect(await walk(`/api/products/?category=${of}&ordering=name`)).toEqual(['Wax 2', 'wáx 9', 'Wax 10'])
  })
})

describe('the lists of categories', () => {
  it('are sorted by name in the same way', async () => {
    for (const name of ['Rack 10', 'Rack 9', 'Räck 9b', 'Räck 100']) await aCategory({ name })
    const owner = await theOwner()
    const rename = await aCategory({ name: 'Rack 11' })
    await owner.call('PATCH', `/api/admin/categories/${rename.id}/`, { body: { name: 'RACK 9c' } })
    const sorted = ['Rack 9', 'Räck 9b', 'RACK 9c', 'Rack 10', 'Räck 100']
    const asStaff = (path: string) => owner.call('GET', path)
    for (const names of [
      await walk('/api/categories/?page_size=2'),
      await walk('/api/admin/categories/?page_size=2', asStaff),
    ]) {
      expect(names.filter((name) => /^R.ck/i.test(name))).toEqual(sorted)
    }
  })
})
