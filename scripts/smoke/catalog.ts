import { LEAST_CHARGE_CENTS } from '../../src/currency.ts'
import { toMoney } from '../../src/money.ts'
import type { Report } from './report.ts'
import { faultOf, type Person, type Shop } from './shop.ts'

/** Well before a response at the edge expires by itself. */
const PURGED_WITHIN_MILLISECONDS = 10_000
/** The cache of a data centre spans several machines. */
const READS = 5
/** A shop with payments takes no order below the least charge of its currency, whichever that is. */
const PRICE_CENTS = Math.max(...Object.values(LEAST_CHARGE_CENTS))
const PRICE = toMoney(PRICE_CENTS)
const NEW_PRICE = toMoney(2 * PRICE_CENTS)
const NO_EDGE = 'a local shop has no edge in front of it'

/** The public catalog is served, validated by ETag and cached at the edge. */
export async function checkCatalog(shop: Shop, report: Report): Promise<void> {
  const path = '/api/products/?page_size=1'
  const list = await shop.send('GET', path)
  shop.require('GET /api/products/', list, 200)
  const caching = list.headers.get('Cache-Control')
  report.expect('Browsers revalidate each time', caching === 'public, no-cache', `Cache-Control: ${caching}`)
  const id = list.headers.get('X-Request-Id')
  report.expect('A cacheable answer has no request id', id === null, `X-Request-Id: ${id}`)
  const etag = list.headers.get('ETag') ?? 'missing'
  const unchanged = await shop.send('GET', path, { headers: { 'If-None-Match': etag } })
  shop.expect(`Unchanged since ETag ${etag}`, unchanged, 304)
  await expectCached(shop, report, path)
}

export interface Goods {
  id: number
  path: string
}

/** Creates a product in a category of its own; the clean-up removes both. */
export async function createProduct(shop: Shop, report: Report, staff: Person, run: string): Promise<Goods> {
  const { access } = staff
  const name = `Smoke test ${run}`
  const category = await shop.send('POST', '/api/admin/categories/', { access, body: { name } })
  shop.require('Staff create a category', category, 201)
  const categoryPath = `/api/admin/categories/${category.body.id}/`
  report.onCleanUp('The category is deleted', async () =>
    faultOf(await shop.send('DELETE', categoryPath, { access })),
  )
  const body = { name, description: '', price: PRICE, stock: 2, category: category.body.id as number }
  const product = await shop.send('POST', '/api/admin/products/', { access, body })
  shop.require('Staff create a product', product, 201)
  const { id } = product.body as { id: number }
  report.onCleanUp('The product is deleted', async () =>
    faultOf(await shop.send('DELETE', `/api/admin/products/${id}/`, { access })),
  )
  const search = await shop.send('GET', `/api/products/?search=${encodeURIComponent(name)}`)
  const found = (search.body.results as { id: number }[] | undefined)?.some((each) => each.id === id)
  report.expect('Search finds it', found === true, `count ${search.body.count}`)
  return { id, path: `/api/admin/products/${id}/` }
}

/** An edit is visible immediately, although the edge had cached the old response. */
export async function checkEdit(
  shop: Shop,
  report: Report,
  staff: Person,
  { id, path }: Goods,
): Promise<void> {
  const publicPath = `/api/products/${id}/`
  shop.require('GET the product', await shop.send('GET', publicPath), 200)
  const isCached = await expectCached(shop, report, publicPath)
  const edited = await shop.send('PATCH', path, { access: staff.access, body: { price: NEW_PRICE } })
  shop.require('Staff change its price', edited, 200)
  const took = await shop.poll(
    async () => (await shop.send('GET', publicPath)).body.price === NEW_PRICE,
    PURGED_WITHIN_MILLISECONDS,
  )
  const what = 'The new price is visible immediately'
  report.expect(what, took !== undefined, took === undefined ? 'still the old price' : `after ${took} ms`)
  if (!isCached) report.skip('The edit purged the edge', 'the edge had not cached it')

  const lost = await shop.send('PATCH', path, {
    access: staff.access,
    body: { price: PRICE },
    headers: { 'If-Match': '"0-0"' },
  })
  shop.expect('An edit of another version is refused', lost, 412, 'precondition_failed')
}

/** Expects one of the next reads to come from the edge. */
async function expectCached(shop: Shop, report: Report, path: string): Promise<boolean> {
  const what = `GET ${path} again comes from the edge`
  if (shop.isLocal) {
    report.skip(what, NO_EDGE)
    return false
  }
  let seen = ''
  for (let read = 0; read < READS; read += 1) {
    const { headers } = await shop.send('GET', path)
    seen = `CF-Cache-Status: ${headers.get('CF-Cache-Status')}, Age: ${headers.get('Age')}`
    if (headers.get('CF-Cache-Status') === 'HIT') return report.expect(what, true, seen)
  }
  return report.expect(what, false, seen)
}
