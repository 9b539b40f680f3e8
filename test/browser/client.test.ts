import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  inMemory,
  kiosk,
  type OrderStreamMessage,
  Problem,
  type WatchOptions,
} from '../../src/client/kiosk.ts'
import { toTokenPair } from '../../src/client/token-store.ts'
import { useBrowser } from './browser.ts'
import { openFlakyProxy } from './flaky-proxy.ts'
import { aCustomer, anOrder, call, type Customer, listening, SHOP, staffMove } from './shop.ts'

const visit = useBrowser()

function clientOf(customer: Pick<Customer, 'access' | 'refresh'>, url = SHOP) {
  const tokens = inMemory()
  tokens.set(toTokenPair(customer))
  return kiosk(url, { tokens })
}

/** Collects events; resolves when the stream is connected, so that no later event is missed. */
async function watching(
  customer: Pick<Customer, 'access' | 'refresh'>,
  options: WatchOptions = {},
  shop = clientOf(customer),
) {
  const heard: OrderStreamMessage[] = []
  const states: string[] = []
  const walk = async () => {
    const onState = ({ name }: { name: string }) => void states.push(name)
    for await (const event of shop.orders.watch({ onState, ...options })) heard.push(event)
  }
  const ended = walk().catch((reason: unknown) => reason)
  await expect.poll(() => states).toContainEqual(expect.stringMatching(/connected|closed/))
  return { shop, heard, states, ended }
}

const inShort = ({ status, order }: OrderStreamMessage) => `${status} ${order.id}`

describe.each([
  { platform: 'with a WebSocket', socket: globalThis.WebSocket },
  { platform: 'without a WebSocket', socket: undefined },
])('the client in Node $platform', ({ socket }) => {
  beforeEach(() => void vi.stubGlobal('WebSocket', socket))
  afterEach(() => void vi.unstubAllGlobals())

  it('places an order, and gets the event when it is shipped', async () => {
    const shop = kiosk(SHOP)
    const [email, password] = [`${crypto.randomUUID()}@example.com`, 'correct horse battery']
    await shop.register({ email, password, name: 'Ann', phone: '1' })
    await shop.logIn({ email, password })
    const [product] = (await shop.products.list({ in_stock: true }).first()).results
    const { grand_total } = await shop.cart.add(product!.id, 2)
    const order = await shop.orders.place({ expected_total: grand_total })
    await staffMove(order, 'Shipped')
    const heard: string[] = []
    for await (const event of shop.orders.watch({ since: 0 })) {
      heard.push(inShort(event))
      if (event.status === 'Shipped') break
    }
    expect(heard).toEqual([`Pending ${order.id}`, `Shipped ${order.id}`])
    await shop.logOut()
    expect(shop.account).toBeUndefined()
  })

  it('ends with its signal, even one that was aborted before', async () => {
    const ann = await aCustomer()
    const controller = new AbortController()
    const { heard, states, ended } = await watching(ann, { signal: controller.signal })
    await anOrder(ann)
    await expect.poll(() => heard).toHaveLength(1)
    controller.abort()
    expect(await ended).toBeUndefined()
    expect(states).toEqual(['connecting', 'connected', 'closed'])
    for await (const _ of clientOf(ann).orders.watch(controller)) throw new Error('It has ended.')
  })

  it('throws when its session has ended', async () => {
    const ann = await aCustomer()
    const { shop, ended } = await watching(ann)
    await call('POST', '/api/users/logout/', { token: ann.access, body: { refresh: ann.refresh } })
    const problem = await ended
    expect(problem).toBeInstanceOf(Problem)
    expect(problem).toMatchObject({ code: 'token_revoked' })
    expect(shop.account).toBeUndefined()
  })

  it.each([
    ['has no session', { access: 'e30.e30.e30', refresh: 'none' }, 'token_invalid'],
    ['is not staff', undefined, 'not_staff'],
  ])('throws when the account %s', async (_, given, code) => {
    const shop = clientOf(given ?? (await aCustomer()))
    const { watch } = given ? shop.orders : shop.admin.orders
    await expect(watch().next()).rejects.toMatchObject({ code })
  })

  it('throws when newer connections of the account replace it', async () => {
    const ann = await aCustomer()
    const { ended } = await watching(ann)
    const others = await Promise.all(Array.from({ length: 10 }, () => listening(ann)))
    expect(await ended).toMatchObject({ code: 'replaced' })
    for (const other of others) other.close()
  })

  it('gets every event of its orders once, although the connection breaks', async () => {
    const proxy = await openFlakyProxy(SHOP)
    const ann = await aCustomer()
    const controller = new AbortController()
    const { heard, states, ended } = await watching(
      ann,
      { signal: controller.signal },
      clientOf(ann, proxy.url),
    )
    const expected: string[] = []
    for (const _ of ['cut before the first event', 'cut again']) {
      proxy.cut()
      await expect.poll(() => states.at(-1)).toBe('waiting')
      const order = await anOrder(ann)
      proxy.restore()
      await staffMove(order, 'Shipped')
      expected.push(`Pending ${order.id}`, `Shipped ${order.id}`)
      await expect.poll(() => heard.map(inShort)).toEqual(expected)
    }
    controller.abort()
    expect(await ended).toBeUndefined()
    proxy.close()
  })

  it.runIf(socket === undefined)('goes on with a new token over a new connection', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const ann = await aCustomer()
    const tokens = inMemory()
    tokens.set(toTokenPair(ann))
    const shop = kiosk(SHOP, { tokens })
    const controller = new AbortController()
    const { heard, states, ended } = await watching(ann, { signal: controller.signal }, shop)
    tokens.set({ ...tokens.get()!, renew_at: 0 })
    await shop.cart.get() // renews the token
    const order = await anOrder(ann)
    await vi.advanceTimersByTimeAsync(5000) // the stream looks for a new token
    vi.useRealTimers()
    await staffMove(order, 'Shipped')
    await expect.poll(() => heard.map(inShort)).toEqual([`Pending ${order.id}`, `Shipped ${order.id}`])
    controller.abort()
    await ended
    expect(states).toEqual(['connecting', 'connected', 'connecting', 'connected', 'closed'])
  })

  it('renews a token that the shop refuses, whatever the local clock says', async () => {
    const ann = await aCustomer()
    const access = ann.access.replace(/\.[^.]+$/, '.AAAA') // good by its claims, not by its signature
    const { heard } = await watching({ access, refresh: ann.refresh })
    const order = await anOrder(ann)
    await expect.poll(() => heard.map(inShort)).toEqual([`Pending ${order.id}`])
  })
})

describe('the client in a page of another origin', () => {
  let proxy: Awaited<ReturnType<typeof openFlakyProxy>>
  beforeEach(async () => (proxy = await openFlakyProxy(SHOP)))
  afterEach(() => proxy.close())

  /** A page with the client of the shop behind the proxy, logged in and watching its orders. */
  async function aFront({ email, password }: Customer, prepare?: (visited: Visited) => Promise<unknown>) {
    const visited = await visit(`${SHOP}/api/`) // another origin than the proxy's, without a policy
    await prepare?.(visited)
    const { page } = visited
    await page.evaluate(`(async () => {
      const { kiosk } = await import('${proxy.url}/client.js')
      globalThis.shop = kiosk('${proxy.url}')
      await shop.logIn(${JSON.stringify({ email, password })})
      globalThis.heard = []
      globalThis.states = []
      const watch = async () => {
        const onState = ({ name }) => states.push(name)
        for await (const { id, status, order } of shop.orders.watch({ onState })) {
          heard.push(id, status + ' ' + order.id)
        }
      }
      watch()
    })()`)
    await expect.poll(() => page.evaluate('states.at(-1)')).toBe('connected')
    return {
      page,
      heard: async () => {
        const all = (await page.evaluate('heard')) as (number | string)[]
        const ids = all.filter((each) => typeof each === 'number')
        expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b))
        return all.filter((each) => typeof each === 'string')
      },
    }
  }
  type Visited = Awaited<ReturnType<typeof visit>>

  it.each(['', 'delete globalThis.WebSocket'])(
    'gets every event of its orders once, although the connection breaks: %s',
    async (before) => {
      const { page, heard } = await aFront(await aCustomer(), ({ page: empty }) => empty.evaluate(before))
      const expected: string[] = []
      for (const _ of ['cut for the first time', 'cut again']) {
        const order = (await page.evaluate('shop.cart.add(1).then(() => shop.orders.place())')) as {
          id: number
          status: string
          total_price: string
        }
        expected.push(`Pending ${order.id}`)
        await expect.poll(heard).toEqual(expected)
        proxy.cut()
        await expect.poll(() => page.evaluate('states.at(-1)')).toBe('waiting')
        await staffMove(order, 'Shipped')
        proxy.restore()
        await staffMove(order, 'Delivered')
        expected.push(`Shipped ${order.id}`, `Delivered ${order.id}`)
        await expect.poll(heard).toEqual(expected)
      }
    },
  )

  it('keeps its tokens out of every URL', async () => {
    let requested: string[] = []
    await aFront(await aCustomer(), async (visited) => void ({ requested } = visited))
    const streams = requested.filter((url) => url.startsWith('ws:'))
    expect(streams).toEqual([`${proxy.url.replace('http', 'ws')}/api/orders/events/?since=now`])
    expect(requested.filter((url) => url.includes('eyJ'))).toEqual([])
  })

  it('misses nothing when the connection breaks before the first event', async () => {
    const ann = await aCustomer()
    const { page, heard } = await aFront(ann)
    proxy.cut()
    await expect.poll(() => page.evaluate('states.at(-1)')).toBe('waiting')
    const order = await anOrder(ann)
    proxy.restore()
    await expect.poll(heard).toEqual([`Pending ${order.id}`])
  })

  it('reconnects when the connection dies silently', async () => {
    const ann = await aCustomer()
    const { page, heard } = await aFront(ann, ({ page: empty }) => empty.clock.install())
    proxy.stall()
    await page.clock.fastForward('00:16') // sends a ping
    await page.clock.fastForward('00:16') // got no pong
    await expect.poll(() => page.evaluate('states')).toContain('waiting')
    const order = await anOrder(ann)
    await page.clock.fastForward('00:02')
    await expect.poll(heard).toEqual([`Pending ${order.id}`])
  })

  it('stays connected when its token expires', async () => {
    const ann = await aCustomer()
    const sent: string[] = []
    const { page, heard } = await aFront(ann, async ({ page: empty }) => {
      await empty.clock.install()
      empty.on('websocket', (socket) =>
        socket.on('framesent', ({ payload }) => void sent.push(JSON.parse(String(payload)).type)),
      )
    })
    const renewed = () => sent.filter((type) => type === 'auth').length
    await page.clock.fastForward('04:31')
    await expect.poll(renewed).toBe(1)
    // If a call renews the token, the stream gets the new one, too.
    const now = await page.evaluate(() => Date.now())
    await page.clock.pauseAt(now + 1000)
    await page.clock.setSystemTime(now + 272_000)
    await page.evaluate('shop.cart.get()')
    await page.clock.resume()
    await page.clock.fastForward('00:06')
    await expect.poll(renewed).toBe(2)
    const order = await anOrder(ann)
    await expect.poll(heard).toEqual([`Pending ${order.id}`])
  })
})
