import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { app } from '../src/app.ts'
import { EdgeCache } from './edge.ts'
import { get, ORIGIN } from './http.ts'
import { ReplicatedDatabase } from './replica.ts'
import { aCustomer, type Person, someStaff, unique } from './shop.ts'

const BOOKMARK = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/

let database: ReplicatedDatabase
let staff: Client
let owner: Person
let product: number

/** A customer who returns the bookmark of the last response, as clients should. */
class Client {
  bookmark: string | undefined
  readonly #token: string | undefined

  constructor({ access }: { access?: string } = {}) {
    this.#token = access
  }

  async call(method: string, path: string, body?: unknown, given: Record<string, string> = {}) {
    const headers = new Headers({ 'Content-Type': 'application/json', ...given })
    if (this.#token) headers.set('Authorization', `Bearer ${this.#token}`)
    if (this.bookmark && !headers.has('X-D1-Bookmark')) headers.set('X-D1-Bookmark', this.bookmark)
    const answer = await app.fetch(
      new Request(ORIGIN + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
      { ...env, DB: database.binding },
      createExecutionContext(),
    )
    this.bookmark = answer.headers.get('X-D1-Bookmark') ?? this.bookmark
    // oxlint-disable-next-line typescript/no-explicit-any -- tests look into it freely
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as any }
  }
}

async function aClient(): Promise<Client> {
  return new Client(await aCustomer(database.binding))
}

beforeAll(async () => {
  database = await ReplicatedDatabase.open()
  owner = await someStaff(database.binding)
  staff = new Client(owner)
  const { body: category } = await staff.call('POST', '/api/admin/categories/', { name: unique() })
  const thing = { name: 'A thing', description: '', price: '1.00', stock: 1_000_000, category: category.id }
  product = (await staff.call('POST', '/api/admin/products/', thing)).body.id
  await database.replicate()
})

describe('a customer who returns the bookmark', () => {
  it('reads their own writes from the replica, however far it lags', async () => {
    const acts = fc.array(
      fc.record({
        who: fc.nat(1),
        what: fc.constantFrom('adds', 'orders', 'cancels', 'moves', 'looks'),
        byOthers: fc.nat(2),
        replicated: fc.nat(2),
      }),
      { minLength: 5, maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(acts, async (sequence) => {
        const people = [await aShopper(), await aShopper()]
        for (const { who, what, byOthers, replicated } of sequence) {
          await people[who]![what]()
          for (let n = 0; n < byOthers; n += 1) await someoneElseWrites()
          await people[who]!.finds()
          await database.replicate(replicated)
        }
        for (const person of people) await person.finds()
      }),
      { numRuns: 15 },
    )
    // Otherwise the test proves nothing: the replica must have lagged while it answered.
    expect(database.staleReads).toBeGreaterThan(100)
  })

  it('gets one with every response, errors included', async () => {
    const ann = await aClient()
    for (const [method, path, body] of [
      ['GET', '/api/cart/'],
      ['POST', '/api/cart/', { product_id: product }],
      ['GET', '/api/orders/999999/'],
      ['GET', '/api/users/profile/'],
    ] as const) {
      const { headers } = await ann.call(method, path, body)
      expect(headers.get('X-D1-Bookmark'), path).toMatch(BOOKMARK)
    }
    expect((await staff.call('GET', '/api/admin/orders/')).headers.get('X-D1-Bookmark')).toMatch(BOOKMARK)
  })

  it('gets the current order when a cancellation comes too late', async () => {
    const ann = await aClient()
    await ann.call('POST', '/api/cart/', { product_id: product })
    const { body: order } = await ann.call('POST', '/api/orders/')
    await staff.call('PATCH', `/api/admin/orders/${order.id}/`, { status: 'Shipped' })
    const { status, body } = await ann.call('POST', `/api/orders/${order.id}/cancel/`)
    expect([status, body.order.status]).toEqual([409, 'Shipped'])
  })

  it('gets a repeated request replayed, even if the bookmark is older than the first request', async () => {
    const ann = await aClient()
    await ann.call('GET', '/api/cart/')
    const before = ann.bookmark!
    const key = { 'Idempotency-Key': unique(), 'X-D1-Bookmark': before }
    const first = await ann.call('POST', '/api/cart/', { product_id: product, quantity: 3 }, key)
    const again = await ann.call('POST', '/api/cart/', { product_id: product, quantity: 3 }, key)
    expect([first.status, again.status, again.headers.get('Idempotent-Replayed')]).toEqual([201, 201, 'true'])
    expect(again.body.items).toMatchObject([{ quantity: 3 }])
  })
})

describe('a bookmark', () => {
  it('that is old gives old data: the replica of these tests does lag', async () => {
    const ann = await aClient()
    const { headers } = await ann.call('GET', '/api/cart/')
    await database.replicate()
    await ann.call('POST', '/api/cart/', { product_id: product })
    const old = await ann.call('GET', '/api/cart/', undefined, {
      'X-D1-Bookmark': headers.get('X-D1-Bookmark')!,
    })
    expect(old.body.items).toEqual([])
  })

  it('that is missing makes the primary answer', async () => {
    const ann = await aClient()
    const { headers } = await ann.call('POST', '/api/cart/', { product_id: product })
    expect(headers.get('X-D1-Bookmark')).toMatch(BOOKMARK)
    ann.bookmark = undefined
    expect((await ann.call('GET', '/api/cart/')).body.items).toHaveLength(1)
  })

  it.each(['', 'first-unconstrained', 'garbage', `${'0'.repeat(8)}-0-0-${'0'.repeat(32)}`])(
    'that is none (%j) is ignored',
    async (text) => {
      const ann = await aClient()
      await ann.call('POST', '/api/cart/', { product_id: product })
      const { status, body } = await ann.call('GET', '/api/cart/', undefined, { 'X-D1-Bookmark': text })
      expect([status, body.items.length]).toEqual([200, 1])
    },
  )

  it('that D1 refuses is dropped: the request runs once, on the primary', async () => {
    const ann = await aClient()
    database.refused = `ffffffff-00000000-00000000-${'0'.repeat(32)}`
    const headers = { 'X-D1-Bookmark': database.refused }
    const added = await ann.call('POST', '/api/cart/', { product_id: product, quantity: 2 }, headers)
    expect([added.status, added.body.items]).toMatchObject([201, [{ quantity: 2 }]])
    expect(added.headers.get('X-D1-Bookmark')).not.toBe(database.refused)
    const read = await ann.call('GET', '/api/cart/', undefined, headers)
    expect([read.status, read.body.items]).toMatchObject([200, [{ quantity: 2 }]])
  })

  it('does not give old data to staff, or access to demoted accounts', async () => {
    const someone = await someStaff(database.binding)
    const former = new Client(someone)
    await former.call('GET', '/api/admin/orders/')
    await database.replicate()
    const old = { 'X-D1-Bookmark': former.bookmark! }
    await staff.call('PATCH', `/api/admin/products/${product}/`, { name: 'Renamed' })
    const path = `/api/admin/products/${product}/`
    expect((await former.call('GET', path, undefined, old)).body.name).toBe('Renamed')
    await database.binding.prepare('UPDATE users SET is_staff = 0 WHERE id = ?').bind(someone.id).first()
    expect((await former.call('GET', path, undefined, old)).status).toBe(403)
  })
})

describe('the public catalog', () => {
  it('is read from any replica, and neither returns nor uses a bookmark', async () => {
    await database.replicate()
    await staff.call('PATCH', `/api/admin/products/${product}/`, { price: '2.00' })
    const anyone = new Client()
    anyone.bookmark = staff.bookmark
    const before = database.primaryReads
    for (const path of ['/api/products/', `/api/products/${product}/`, '/api/categories/']) {
      expect((await anyone.call('GET', path)).headers.get('X-D1-Bookmark')).toBeNull()
    }
    expect((await anyone.call('GET', `/api/products/${product}/`)).body.price).toBe('1.00')
    expect(database.primaryReads).toBe(before)
    await database.replicate()
    expect((await anyone.call('GET', `/api/products/${product}/`)).body.price).toBe('2.00')
  })

  it('is purged from the edge again later, because a lagging replica may have put the old response back', async () => {
    let waited = () => {}
    vi.stubGlobal('scheduler', { wait: () => new Promise<void>((resolve) => (waited = resolve)) })
    const edge = new EdgeCache({ DB: database.binding })
    const path = `/api/products/${product}/`
    const price = async () => {
      const answer = await edge.fetch(new Request(ORIGIN + path))
      return (await answer.json<{ price: string }>()).price
    }
    await database.replicate()
    const authorization = { Authorization: `Bearer ${owner.access}`, 'Content-Type': 'application/json' }
    const body = '{"price":"3.00"}'
    await edge.fetch(
      new Request(`${ORIGIN}/api/admin${path.slice(4)}`, { method: 'PATCH', headers: authorization, body }),
    )
    expect(await price()).toBe('2.00') // from the replica, after the first purge
    await database.replicate()
    expect(await price()).toBe('2.00')
    for (let turn = 0; turn < 2; turn += 1) {
      waited()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(await price()).toBe('3.00')
    vi.unstubAllGlobals()
  })

  it('returns no bookmark on real D1 either, where a customer gets one', async () => {
    const ann = await aCustomer()
    expect((await get('/api/products/')).headers.has('X-D1-Bookmark')).toBe(false)
    const { headers } = await ann.call('GET', '/api/cart/')
    expect(headers.get('X-D1-Bookmark')).toMatch(BOOKMARK)
    const again = await ann.call('GET', '/api/cart/', {
      headers: { 'X-D1-Bookmark': headers.get('X-D1-Bookmark')! },
    })
    expect(again.status).toBe(200)
  })
})

async function someoneElseWrites(): Promise<void> {
  await database.binding.prepare('UPDATE users SET phone = phone WHERE id = ?').bind(1).first()
}

/** A customer with the state that their acts imply. */
async function aShopper() {
  const client = await aClient()
  let inCart = 0
  let address = '1 Main Street'
  const orders: { id: number; status: string }[] = []
  return {
    async adds() {
      await client.call('POST', '/api/cart/', { product_id: product, quantity: 1 })
      inCart += 1
    },
    async orders() {
      const { status, body } = await client.call('POST', '/api/orders/')
      expect(status).toBe(inCart > 0 ? 201 : 400)
      if (inCart > 0) orders.unshift({ id: body.id, status: 'Pending' })
      inCart = 0
    },
    async cancels() {
      const order = orders.find(({ status }) => status === 'Pending')
      if (!order) return
      await client.call('POST', `/api/orders/${order.id}/cancel/`)
      order.status = 'Cancelled'
    },
    async moves() {
      address = `${unique()} Street`
      await client.call('PATCH', '/api/users/profile/', { address })
    },
    async looks() {},
    async finds() {
      const cart = (await client.call('GET', '/api/cart/')).body
      expect(cart.items.map(({ quantity }: { quantity: number }) => quantity)).toEqual(
        inCart > 0 ? [inCart] : [],
      )
      const history = (await client.call('GET', '/api/orders/?page_size=100')).body
      expect(
        history.results.map(({ id, status }: { id: number; status: string }) => ({ id, status })),
      ).toEqual(orders)
      expect(history.count).toBe(orders.length)
      expect((await client.call('GET', '/api/users/profile/')).body.address).toBe(address)
    },
  }
}
