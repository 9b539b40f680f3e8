import { env, exports } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import document from '../public/openapi.json'
import { CHECK_NAMES } from '../src/integrity/check-names.ts'
import { issueTokens } from '../src/auth/tokens.ts'
import {
  type FieldError,
  inMemory,
  inStorage,
  kiosk,
  type Kiosk,
  Listing,
  type OrderStreamMessage,
  type TokenStore,
  type Options,
  Problem,
  type StreamState,
  type Wait,
} from '../src/client/kiosk.ts'
import { toTokenPair } from '../src/client/token-store.ts'
import { ORIGIN, post } from './http.ts'
import {
  aCategory,
  aCustomer,
  aGuest,
  anOrder,
  aProduct,
  aRegisteredCustomer,
  contact,
  countBy,
  movementsOf,
  PASSWORD,
  type Person,
  simultaneously,
  someStaff,
  staffEdits,
  stockOf,
  theOwner,
  unique,
} from './shop.ts'

type Send = (request: Request) => Promise<Response>

const toShop: Send = (request) => exports.default.fetch(request)

/** A `fetch` to the shop that records its requests. The faults replace the first responses, in turn. */
function aLine(...faults: Send[]) {
  const requests: Request[] = []
  const send: Send = (request) => {
    requests.push(request)
    return (faults.shift() ?? toShop)(request)
  }
  return {
    requests,
    fetch: send,
    sent: (header: string) => requests.map(({ headers }) => headers.get(header)),
  }
}

/** The request takes effect, but its response is lost. */
const lost: Send = async (request) => {
  await (await toShop(request)).text()
  throw new TypeError('Network connection lost.')
}

/** The response comes after this has happened. */
const lateAfter =
  (act: () => void): Send =>
  async (request) => {
    const answer = await toShop(request)
    act()
    return answer
  }

/** The response breaks off. */
const brokenOff: Send = async (request) => {
  const answer = await toShop(request)
  const half = (await answer.arrayBuffer()).slice(0, 10)
  const body = new ReadableStream({
    start: (chunks) => chunks.enqueue(new Uint8Array(half)),
    pull: (chunks) => chunks.error(new TypeError('Network connection lost.')),
  })
  return new Response(body, answer)
}

function refusing(status: number, code: string, headers: Record<string, string> = {}): Send {
  const body = JSON.stringify({ type: 'about:blank', title: '', status, detail: 'No.', code })
  return () =>
    Promise.resolve(
      new Response(body, { status, headers: { 'Content-Type': 'application/problem+json', ...headers } }),
    )
}

const unreachable: Send = () => Promise.reject(new TypeError('Network connection lost.'))

type Pair = Pick<Person, 'access' | 'refresh'>

const storeOf = (pair: Pair): TokenStore => {
  const store = inMemory()
  store.set(toTokenPair(pair))
  return store
}

/** The tokens are due for renewal. */
const dueStoreOf = (pair: Pair): TokenStore => {
  const store = inMemory()
  store.set({ ...toTokenPair(pair), renew_at: 0 })
  return store
}

const clientOf = (pair: Pair, options: Options = {}): Kiosk =>
  kiosk(ORIGIN, { tokens: storeOf(pair), fetch: toShop, ...options })

/** The problem that a call rejects with; fails if it succeeds. */
async function problemOf(call: Promise<unknown>): Promise<Problem> {
  const refusal: unknown = await call.then(
    (answer) => new Error(`It was answered: ${JSON.stringify(answer)}`),
    (reason: unknown) => reason,
  )
  if (refusal instanceof Problem) return refusal
  throw refusal
}

/** A pair whose access token expires in so many seconds, by default a minute ago; the refresh token stays valid. */
async function runOut({ id, session_id, refresh }: Person, seconds = -60): Promise<Pair> {
  const refreshed_at = Date.now() - (5 * 60 - seconds) * 1000
  const session = {
    id: session_id,
    user_id: id,
    counter: 0,
    is_staff: 0,
    refreshed_at,
    ends_at: Date.now() + 1e9,
  }
  return { access: (await issueTokens(session, { current: env.JWT_SECRET })).access, refresh }
}

/** The shop no longer takes the token that the last renewal of this session has used. */
const elevenSecondsPass = ({ session_id }: Person) =>
  env.DB.prepare('UPDATE sessions SET refreshed_at = refreshed_at - 11000 WHERE id = ?')
    .bind(session_id)
    .run()

const anEmail = () => `ann-${unique()}@example.com`

const pathsOf = (requests: Request[]) => requests.map(({ url }) => new URL(url).pathname)

/** How long the client wanted to wait each time. The waits end immediately. */
let pauses: number[]

beforeEach(() => {
  pauses = []
  vi.stubGlobal('setTimeout', (act: () => void, milliseconds: number) => {
    pauses.push(milliseconds)
    queueMicrotask(act)
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a session', () => {
  const REFRESH = '/api/token/refresh/'

  it('starts with e-mail and password, and shows its account', async () => {
    const ann = await aRegisteredCustomer()
    const shop = kiosk(ORIGIN, { fetch: toShop })
    expect(shop.account).toBeUndefined()
    await shop.logIn({ email: ann.email, password: PASSWORD })
    expect(shop.account).toEqual({ user_id: ann.id, is_staff: false, is_guest: false })
    expect(await shop.profile.get()).toMatchObject({ id: ann.id, email: ann.email })
  })

  it('takes the `fetch` of a browser, which must not be called as a method', async () => {
    function native(this: unknown, request: Request): Promise<Response> {
      if (this !== undefined) throw new TypeError('Illegal invocation')
      return toShop(request)
    }
    expect(await clientOf(await aCustomer(), { fetch: native }).cart.get()).toMatchObject({ items: [] })
  })

  it('is renewed once for twenty simultaneous calls', async () => {
    const ann = await aCustomer()
    const line = aLine()
    const store = dueStoreOf(ann)
    const shop = kiosk(ORIGIN, { tokens: store, fetch: line.fetch })
    const carts = await simultaneously(20, () => shop.cart.get())
    expect(new Set(carts.map(({ user }) => user)).size).toBe(1)
    expect(countBy(pathsOf(line.requests), String)).toEqual({ [REFRESH]: 1, '/api/cart/': 20 })
    const renewed = store.get()!
    expect(renewed.access).not.toBe(ann.access)
    expect(new Set(line.sent('Authorization').slice(1))).toEqual(new Set([`Bearer ${renewed.access}`]))
    expect(renewed.renew_at).toBeGreaterThan(Date.now())
  })

  const busy = refusing(503, 'temporarily_unavailable', { 'Retry-After': '5' })
  it.each([
    ['lost', [lost, busy, busy, busy]],
    ['that of a busy shop', [busy, busy, busy, busy]],
  ])(
    'is renewed within the ten seconds for which the shop takes a used token, if an answer is %s',
    async (_, faults) => {
      const store = dueStoreOf(await aCustomer())
      await kiosk(ORIGIN, { tokens: store, ...aLine(...faults) }).cart.get()
      expect(pauses).toHaveLength(4)
      expect(Math.max(...pauses)).toBeLessThan(5000)
      expect(pauses.reduce((sum, each) => sum + each)).toBeLessThan(10_000)
    },
  )

  it('waits as a busy shop asks before it is renewed', async () => {
    const limited = refusing(429, 'too_many_requests', { 'Retry-After': '60' })
    const store = dueStoreOf(await aCustomer())
    await kiosk(ORIGIN, { tokens: store, ...aLine(limited) }).cart.get()
    expect(pauses).toEqual([60_000])
  })

  it('is renewed once when the shop refuses its token, whatever the local clock says', async () => {
    const line = aLine()
    const shop = clientOf(await runOut(await aCustomer()), line)
    await simultaneously(5, () => shop.cart.get())
    expect(countBy(pathsOf(line.requests), String)).toEqual({ '/api/cart/': 10, [REFRESH]: 1 })
  })

  it('is renewed at most once per call', async () => {
    const line = aLine(refusing(401, 'token_invalid'), toShop, refusing(401, 'token_invalid'))
    const problem = await problemOf(clientOf(await aCustomer(), line).cart.get())
    expect(problem.code).toBe('token_invalid')
    expect(pathsOf(line.requests)).toEqual(['/api/cart/', REFRESH, '/api/cart/'])
  })

  it.each([
    ['its token is refused', storeOf],
    ['it is renewed', dueStoreOf],
  ])('that ended elsewhere is forgotten when %s, and said to have ended once', async (_, storing) => {
    const ann = await aCustomer()
    await post('/api/users/logout/', { refresh: ann.refresh }, { token: ann.access })
    const store = storing(ann)
    const onLogOut = vi.fn<() => void>()
    const shop = kiosk(ORIGIN, { tokens: store, onLogOut, fetch: toShop })
    const problems = await simultaneously(5, () => problemOf(shop.profile.get()))
    expect(problems.map(({ status, code }) => [status, code])).toEqual(
      problems.map(() => [401, 'token_revoked']),
    )
    expect([store.get(), shop.account]).toEqual([undefined, undefined])
    expect(onLogOut).toHaveBeenCalledOnce()
  })

  it('survives a late refusal of the previous session’s token', async () => {
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    const store = storeOf(ann)
    const onLogOut = vi.fn<() => void>()
    const meanwhile: Send = (request) => {
      store.set(toTokenPair(bob))
      return refusing(401, 'token_revoked')(request)
    }
    const shop = kiosk(ORIGIN, { tokens: store, onLogOut, fetch: aLine(meanwhile).fetch })
    expect((await problemOf(shop.cart.get())).code).toBe('token_revoked')
    expect(shop.account).toMatchObject({ user_id: bob.id })
    expect(onLogOut).not.toHaveBeenCalled()
  })

  it('stays the newer one when the answer of a renewal comes late', async () => {
    const [store, bob] = [dueStoreOf(await aCustomer()), toTokenPair(await aCustomer())]
    await kiosk(ORIGIN, { tokens: store, ...aLine(lateAfter(() => store.set(bob))) }).cart.get()
    expect(store.get()).toEqual(bob)
  })

  it('stays forgotten when the answer of a renewal comes late', async () => {
    const store = dueStoreOf(await aCustomer())
    const shop = kiosk(ORIGIN, { tokens: store, ...aLine(lateAfter(() => store.set(undefined))) })
    expect((await problemOf(shop.cart.get())).status).toBe(401)
    expect(shop.account).toBeUndefined()
  })

  it('of a guest becomes that of an account, even while it is renewed', async () => {
    const store = inMemory()
    const registering = lateAfter(() => store.set({ ...store.get()!, is_guest: false }))
    const shop = kiosk(ORIGIN, { tokens: store, ...aLine(toShop, registering) })
    await shop.guest()
    store.set({ ...store.get()!, renew_at: 0 })
    await shop.cart.get()
    expect(store.get()).toMatchObject({ is_guest: false })
    expect(store.get()?.renew_at).toBeGreaterThan(0)
  })

  it('of a guest starts once for twenty simultaneous calls, even if one of them is aborted', async () => {
    const line = aLine()
    const shop = kiosk(ORIGIN, line)
    const controller = new AbortController()
    const left = shop.guest(controller).catch((reason: unknown) => reason)
    controller.abort()
    await simultaneously(20, () => shop.guest())
    expect(await left).toBe(controller.signal.reason)
    expect([shop.account?.is_guest, line.requests.length]).toEqual([true, 1])
  })

  it('of a guest does not start when its call is aborted before', async () => {
    const line = aLine()
    await expect(kiosk(ORIGIN, line).guest({ signal: AbortSignal.abort() })).rejects.toThrow('abort')
    expect(line.requests).toEqual([])
  })

  it('is renewed for the other calls when one of them is aborted', async () => {
    const controller = new AbortController()
    const line = aLine(lateAfter(() => controller.abort()))
    const shop = kiosk(ORIGIN, { tokens: dueStoreOf(await aCustomer()), ...line })
    const left = shop.cart.get(controller).catch((reason: unknown) => reason)
    await shop.profile.get()
    expect(await left).toBe(controller.signal.reason)
    expect(pathsOf(line.requests)).toEqual([REFRESH, '/api/users/profile/'])
  })

  it('stays the one that starts before the answer of `guest` comes', async () => {
    const [store, bob] = [inMemory(), toTokenPair(await aCustomer())]
    await kiosk(ORIGIN, { tokens: store, ...aLine(lateAfter(() => store.set(bob))) }).guest()
    expect(store.get()).toEqual(bob)
  })

  it('is renewed by one of two tabs and used by the other', async () => {
    const store = dueStoreOf(await aCustomer())
    const line = aLine()
    const tabs = [kiosk(ORIGIN, { tokens: store, ...line }), kiosk(ORIGIN, { tokens: store, ...line })]
    for (const shop of tabs) await shop.cart.get()
    expect(pathsOf(line.requests)).toEqual([REFRESH, '/api/cart/', '/api/cart/'])
  })

  it.each([
    ['the token of a call is refused', storeOf, ['/api/users/profile/', '/api/users/profile/']],
    ['its renewal is refused', dueStoreOf, [REFRESH, '/api/users/profile/']],
  ])('that another tab replaces while %s is used', async (_, storing, paths) => {
    const ann = await aRegisteredCustomer()
    const { body: newer } = await ann.call('POST', '/api/token/', {
      body: { email: ann.email, password: PASSWORD },
    })
    const store = storing(ann)
    const meanwhile: Send = (request) => {
      store.set(toTokenPair(newer))
      return refusing(401, 'token_invalid')(request)
    }
    const line = aLine(meanwhile)
    expect(await kiosk(ORIGIN, { tokens: store, ...line }).profile.get()).toMatchObject({ id: ann.id })
    expect(pathsOf(line.requests)).toEqual(paths)
  })

  it('of another account, which replaces it while the token of a call is refused, sends no call of the former', async () => {
    const bob = toTokenPair(await aCustomer())
    const store = storeOf(await aCustomer())
    const line = aLine((request) => {
      store.set(bob)
      return refusing(401, 'token_invalid')(request)
    })
    const shop = kiosk(ORIGIN, { tokens: store, ...line })
    expect((await problemOf(shop.cart.clear())).code).toBe('token_invalid')
    expect(line.requests).toHaveLength(1)
    expect(store.get()).toEqual(bob)
  })

  it('survives simultaneous renewals by two tabs', async () => {
    const store = dueStoreOf(await aCustomer())
    const tabs = [
      kiosk(ORIGIN, { tokens: store, fetch: toShop }),
      kiosk(ORIGIN, { tokens: store, fetch: toShop }),
    ]
    await Promise.all(tabs.map((shop) => shop.cart.get()))
    store.set({ ...store.get()!, renew_at: 0 })
    await Promise.all(tabs.map((shop) => shop.cart.get()))
    expect(store.get()?.renew_at).toBeGreaterThan(0)
  })

  it.each([
    ['waits to try again', refusing(429, 'too_many_requests', { 'Retry-After': '60' }), 4],
    ['gives up', unreachable, 0],
  ])('survives a renewal by one of two tabs while the other %s', async (_, fault, retries) => {
    const ann = await aCustomer()
    const store = dueStoreOf(ann)
    const other = kiosk(ORIGIN, { tokens: store, fetch: toShop })
    const line = aLine(async (request) => {
      await other.cart.get()
      await elevenSecondsPass(ann)
      return fault(request)
    })
    await kiosk(ORIGIN, { tokens: store, ...line, retries }).cart.get()
    expect(pathsOf(line.requests)).toEqual([REFRESH, '/api/cart/'])
    expect(await other.profile.get()).toMatchObject({ id: ann.id })
  })

  it('outlives the page in its storage', async () => {
    const kept = new Map<string, string>()
    const storage = {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
      removeItem: (name: string) => void kept.delete(name),
    }
    const ann = await aRegisteredCustomer()
    const before = kiosk(ORIGIN, { tokens: inStorage(storage), fetch: toShop })
    await before.logIn({ email: ann.email, password: PASSWORD })
    const after = kiosk(ORIGIN, { tokens: inStorage(storage), fetch: toShop })
    expect(await after.profile.get()).toMatchObject({ email: ann.email })
    await after.logOut()
    expect([kept.size, before.account]).toEqual([0, undefined])
  })

  it('ends at the shop on log-out, is forgotten, and reports its end once', async () => {
    const ann = await aCustomer()
    const store = dueStoreOf(ann)
    const onLogOut = vi.fn<() => void>()
    const shop = kiosk(ORIGIN, { tokens: store, onLogOut, fetch: toShop })
    await shop.logOut()
    await shop.logOut()
    expect(store.get()).toBeUndefined()
    expect(onLogOut).toHaveBeenCalledOnce()
    expect((await problemOf(clientOf(ann).profile.get())).code).toBe('token_revoked')
  })

  it('is forgotten on log-out even if the shop is unreachable', async () => {
    const shop = clientOf(await aCustomer(), { retries: 0, fetch: unreachable })
    expect((await problemOf(shop.logOut())).code).toBe('unreachable')
    expect(shop.account).toBeUndefined()
  })

  it.each<[string, (shop: Kiosk) => Promise<unknown>]>([
    ['log-out', (shop) => shop.logOut()],
    ['deletion of the account', (shop) => shop.deleteAccount()],
    ['registration', (shop) => shop.register({ ...contact().ship_to, email: anEmail(), password: PASSWORD })],
  ])('stays the newer one when the answer to a %s comes late', async (_, act) => {
    const [store, newer] = [inMemory(), { ...toTokenPair(await aGuest()), is_guest: true }]
    const onLogOut = vi.fn<() => void>()
    const line = aLine(
      toShop,
      lateAfter(() => store.set(newer)),
    )
    const shop = kiosk(ORIGIN, { tokens: store, onLogOut, ...line })
    await shop.guest()
    await act(shop)
    expect(store.get()).toEqual(newer)
    expect(onLogOut).not.toHaveBeenCalled()
  })

  it('can be logged out after it has ended', async () => {
    const ann = await aCustomer()
    await clientOf(ann).logOut()
    const onLogOut = vi.fn<() => void>()
    await clientOf(ann, { onLogOut }).logOut()
    expect(onLogOut).toHaveBeenCalledOnce()
  })
})

describe('a call whose response is lost', () => {
  it.each([
    ['gets lost', lost],
    ['breaks off', brokenOff],
  ])('places one order, when the answer %s', async (_, fault) => {
    const [ann, product] = [await aCustomer(), await aProduct({ stock: 5 })]
    await ann.adds(product, 2)
    const line = aLine(fault, fault)
    const order = await clientOf(ann, line).orders.place({ expected_total: '20.00' })
    expect(order).toMatchObject({ status: 'Pending', total_price: '20.00' })
    expect((await ann.orderHistory()).map(({ id }) => id)).toEqual([order.id])
    expect(await stockOf(product)).toBe(3)
    const keys = line.sent('Idempotency-Key')
    expect(keys).toEqual([expect.stringMatching(/^[\w-]{32,}$/), keys[0], keys[0]])
  })

  it('adds to the cart once', async () => {
    const [ann, product] = [await aCustomer(), await aProduct()]
    const cart = await clientOf(ann, aLine(lost)).cart.add(product.id, 2)
    expect(cart.items).toMatchObject([{ quantity: 2 }])
  })

  it('confirms what the customer has seen of the cart', async () => {
    const [ann, bob, product, kept] = [
      await aCustomer(),
      await someStaff(),
      await aProduct(),
      await aProduct({ price: '10.00' }),
    ]
    const shop = clientOf(ann)
    await shop.cart.add(product.id)
    await shop.cart.add(kept.id)
    await clientOf(bob).admin.products.delete(product.id)
    await clientOf(bob).admin.products.update(kept.id, { price: '12.00' })
    const { changes } = await shop.cart.get()
    expect(changes.map(({ kind }) => kind)).toEqual(['removed', 'price'])
    expect((await clientOf(ann, aLine(lost)).cart.seen(changes)).changes).toEqual([])
  })

  it('confirms a cart full of changes with long names', async () => {
    const ann = await aCustomer()
    const ids = JSON.stringify(Array.from({ length: 100 }, (_, n) => 1_000_000 + n))
    await env.DB.batch([
      env.DB.prepare(
        'INSERT INTO deleted_products (id, name, deleted_at) SELECT value, ?, 0 FROM json_each(?)',
      ).bind('茶'.repeat(255), ids),
      env.DB.prepare(
        'INSERT INTO cart_items (user_id, product_id, quantity) SELECT ?, value, 1 FROM json_each(?)',
      ).bind(ann.id, ids),
    ])
    const shop = clientOf(ann)
    const { changes } = await shop.cart.get()
    expect(changes).toHaveLength(100)
    expect((await shop.cart.seen(changes)).changes).toEqual([])
  })

  it('corrects the stock once', async () => {
    const [bob, product] = [await someStaff(), await aProduct({ stock: 10 })]
    const shop = clientOf(bob, aLine(lost))
    expect(await shop.admin.products.update(product.id, { stock_delta: -3 })).toMatchObject({ stock: 7 })
    expect(await movementsOf(product)).toHaveLength(2)
  })

  it('registers one account, and cancels an order once', async () => {
    const email = anEmail()
    const account = { email, password: PASSWORD, name: 'Ann', phone: '1' }
    const stranger = kiosk(ORIGIN, { fetch: aLine(lost).fetch })
    expect(await stranger.register(account)).toMatchObject({ email })
    const [ann, product] = [await aCustomer(), await aProduct({ stock: 5 })]
    const { id } = await anOrder(ann, product)
    const { order } = await clientOf(ann, aLine(lost)).orders.cancel(id)
    expect([order.status, await stockOf(product)]).toEqual(['Cancelled', 5])
  })

  it('removes without failing on the retry', async () => {
    const [ann, bob, product] = [await aCustomer(), await someStaff(), await aProduct()]
    await ann.adds(product)
    const [line] = (await ann.cart()).items
    await clientOf(ann, aLine(lost)).cart.remove(line.id)
    expect((await ann.cart()).items).toEqual([])
    await clientOf(bob, aLine(lost)).admin.products.delete(product.id)
    expect((await problemOf(clientOf(bob).admin.products.get(product.id))).code).toBe('not_found')
    // A first attempt still gets 404, and so does one after a 429, which has no effect.
    const busy = refusing(429, 'too_many_requests')
    for (const shop of [clientOf(bob), clientOf(bob, aLine(busy))])
      expect((await problemOf(shop.admin.products.delete(product.id))).code).toBe('not_found')
  })

  it('sets the quantity of a line to 0 without failing on the retry', async () => {
    const shop = clientOf(await aCustomer(), aLine(toShop, lost))
    const [line] = (await shop.cart.add((await aProduct()).id)).items
    expect((await shop.cart.setQuantity(line!.id, 0)).items).toEqual([])
  })

  it('rejects with unreachable for a changed password, instead of retrying the old one', async () => {
    const ann = await aRegisteredCustomer()
    const line = aLine(lost)
    const passwords = { current_password: PASSWORD, new_password: 'another horse battery' }
    expect((await problemOf(clientOf(ann, line).changePassword(passwords))).code).toBe('unreachable')
    expect(line.requests).toHaveLength(1)
    const shop = kiosk(ORIGIN, { fetch: toShop })
    await shop.logIn({ email: ann.email, password: passwords.new_password })
  })

  it('creates one endpoint of a webhook', async () => {
    const { webhooks } = clientOf(await someStaff(), aLine(lost)).admin
    const problem = await problemOf(webhooks.create({ url: 'https://a.example/', types: ['order.paid'] }))
    expect(problem.code).toBe('unreachable')
    const [endpoint, ...others] = (await webhooks.list().first()).results
    expect(others).toEqual([])
    await webhooks.delete(endpoint!.id)
  })

  it.each<[string, (shop: Kiosk) => Promise<unknown>]>([
    ['resets a password', (shop) => shop.resetPassword({ token: 'x', new_password: PASSWORD })],
    ['changes an e-mail', (shop) => shop.changeEmail({ email: anEmail(), password: PASSWORD })],
    ['confirms an e-mail', (shop) => shop.confirmEmail('x')],
    ['restores an e-mail', (shop) => shop.restoreEmail('x')],
    ['deletes the account', (shop) => shop.deleteAccount(PASSWORD)],
    ['makes a new secret', ({ admin }) => admin.webhooks.rotateSecret(1)],
    ['sends a test message', ({ admin }) => admin.webhooks.test(1)],
    ['sends a message again', ({ admin }) => admin.webhooks.sendAgain(1)],
  ])('is not retried if it %s', async (_, ask) => {
    const line = aLine(lost)
    const problem = await problemOf(ask(clientOf(await someStaff(), line)))
    expect([problem.code, line.requests.length]).toEqual(['unreachable', 1])
  })

  it.each([
    ['another account', () => aCustomer().then((bob) => toTokenPair(bob))],
    ['nobody', () => undefined],
  ])('is not retried when %s is logged in meanwhile', async (_, next) => {
    const [store, newer, product] = [storeOf(await aCustomer()), await next(), await aProduct()]
    const interrupted: Send = (request) => {
      store.set(newer)
      return unreachable(request)
    }
    const line = aLine(interrupted)
    const problem = await problemOf(kiosk(ORIGIN, { tokens: store, ...line }).cart.add(product.id))
    expect([problem.code, line.requests.length]).toEqual(['unreachable', 1])
  })

  it('takes effect again with a new key, but not with the same key', async () => {
    const [ann, product] = [await aCustomer(), await aProduct()]
    const shop = clientOf(ann)
    await shop.cart.add(product.id)
    await shop.cart.add(product.id)
    for (const _ of ['once', 'again']) await shop.cart.add(product.id, 1, { key: 'third' })
    expect((await shop.cart.get()).items).toMatchObject([{ quantity: 3 }])
  })
})

describe('a busy shop', () => {
  it.each([
    [503, 'temporarily_unavailable'],
    [429, 'too_many_requests'],
  ])('is retried after %i at the time it asks for', async (status, code) => {
    const busy = refusing(status, code, { 'Retry-After': '7' })
    const line = aLine(busy, busy)
    await clientOf(await aCustomer(), line).cart.get()
    expect(pauses).toEqual([7000, 7000])
    expect(line.requests).toHaveLength(3)
  })

  it('is retried four times with growing waits, and no more', async () => {
    const line = { fetch: refusing(503, 'temporarily_unavailable') }
    const problem = await problemOf(clientOf(await aCustomer(), line).cart.get())
    expect([problem.code, problem.status]).toEqual(['temporarily_unavailable', 503])
    expect(pauses).toHaveLength(4)
    for (const [tried, milliseconds] of pauses.entries()) {
      expect(milliseconds).toBeGreaterThanOrEqual(250 * 2 ** tried)
      expect(milliseconds).toBeLessThan(500 * 2 ** tried)
    }
  })

  it.each([0, 1, 2])('is retried as often as configured: %i times', async (retries) => {
    const busy = refusing(502, 'temporarily_unavailable')
    const line = aLine(busy, busy, busy, busy)
    await problemOf(clientOf(await aCustomer(), { ...line, retries }).cart.get())
    expect(line.requests).toHaveLength(retries + 1)
  })

  it('is not retried more often when a token is renewed meanwhile', async () => {
    const busy = refusing(503, 'temporarily_unavailable')
    const line = aLine(refusing(401, 'token_invalid'), toShop, busy, busy, busy)
    await problemOf(clientOf(await aCustomer(), { ...line, retries: 0 }).cart.get())
    expect(pathsOf(line.requests)).toEqual(['/api/cart/', '/api/token/refresh/', '/api/cart/'])
  })

  it('is not retried when it asks for a longer wait than allowed', async () => {
    const line = aLine(refusing(429, 'too_many_requests', { 'Retry-After': '61' }))
    const problem = await problemOf(clientOf(await aCustomer(), line).cart.get())
    expect(problem).toMatchObject({ code: 'too_many_requests', status: 429, retry_after: 61 })
    const patient = aLine(refusing(429, 'too_many_requests', { 'Retry-After': '61' }))
    await clientOf(await aCustomer(), { ...patient, longest_wait_ms: 61_000 }).cart.get()
    expect([line.requests.length, patient.requests.length, pauses]).toEqual([1, 2, [61_000]])
  })

  it.each([
    ['a log-in', (shop: Kiosk) => shop.logIn({ email: 'ann@example.com', password: 'not hers' })],
    ['a new password', (shop: Kiosk) => shop.changePassword({ current_password: 'a', new_password: 'b' })],
  ])('is not retried when %s is one of too many guesses', async (_, guess) => {
    const line = aLine(refusing(429, 'too_many_requests', { 'Retry-After': '1' }))
    const onWait = vi.fn<() => void>()
    expect(await problemOf(guess(clientOf(await aCustomer(), { ...line, onWait })))).toMatchObject({
      code: 'too_many_requests',
      retry_after: 1,
    })
    expect([line.requests.length, pauses, onWait.mock.calls]).toEqual([1, [], []])
  })

  it('is retried when a log-in finds it unavailable', async () => {
    const { email } = await aRegisteredCustomer()
    const line = aLine(refusing(503, 'temporarily_unavailable'), unreachable)
    const shop = kiosk(ORIGIN, line)
    await shop.logIn({ email, password: PASSWORD })
    expect([shop.account?.is_staff, line.requests.length]).toEqual([false, 3])
  })

  it('is sent the newest token of a guest when a log-in is retried', async () => {
    const [{ email }, guest, product] = [await aRegisteredCustomer(), await aGuest(), await aProduct()]
    await guest.adds(product)
    const store = inMemory()
    store.set({ ...toTokenPair(guest), is_guest: true, renew_at: 0 })
    const line = aLine(async (request) => {
      await kiosk(ORIGIN, { tokens: store, fetch: toShop }).cart.get() // by another tab, which renews the token
      await elevenSecondsPass(guest)
      return refusing(503, 'temporarily_unavailable')(request)
    })
    const shop = kiosk(ORIGIN, { tokens: store, ...line })
    await shop.logIn({ email, password: PASSWORD })
    expect((await shop.cart.get()).items).toMatchObject([{ product: { id: product.id } }])
  })

  it('is announced when a wait takes more than two seconds', async () => {
    const waits: Wait[] = []
    const onWait = (wait: Wait) => void waits.push(wait)
    const busy = (seconds: string) => refusing(429, 'too_many_requests', { 'Retry-After': seconds })
    const line = aLine(busy('2'), busy('3'))
    await clientOf(await aCustomer(), { ...line, onWait }).cart.get()
    expect(pauses).toEqual([2000, 3000])
    expect(waits).toEqual([{ seconds: 3, reason: expect.any(Problem), request: 'GET /api/cart/' }])
    expect(waits[0]!.reason.code).toBe('too_many_requests')
  })

  it('is not retried after a refusal', async () => {
    const [ann, product] = [await aCustomer(), await aProduct({ stock: 1 })]
    const line = aLine()
    const shop = clientOf(ann, line)
    const calls = [
      shop.cart.add(product.id, -1),
      shop.cart.add(product.id, 2),
      shop.orders.get(1_000_000),
      shop.orders.place(),
      shop.admin.products.get(product.id),
    ]
    const problems = await Promise.all(calls.map(problemOf))
    expect(problems.map(({ status }) => status)).toEqual([400, 409, 404, 400, 403])
    expect(line.requests).toHaveLength(calls.length)
  })

  it('is not retried after the signal aborts the wait', async () => {
    const leave = () => controller.abort(new Error('The page was left.'))
    vi.stubGlobal('setTimeout', () => queueMicrotask(leave))
    const controller = new AbortController()
    const line = aLine(refusing(503, 'temporarily_unavailable'))
    const call = clientOf(await aCustomer(), line).cart.get({ signal: controller.signal })
    await expect(call).rejects.toThrow('The page was left.')
    expect(line.requests).toHaveLength(1)
  })

  it('is not retried after the signal aborts the request', async () => {
    const controller = new AbortController()
    const leaving: Send = ({ signal }) => {
      controller.abort(new Error('The page was left.'))
      return Promise.reject(signal.reason as Error)
    }
    const line = aLine(leaving)
    const call = clientOf(await aCustomer(), line).cart.get({ signal: controller.signal })
    await expect(call).rejects.toThrow('The page was left.')
    expect([line.requests.length, pauses]).toEqual([1, []])
  })
})

describe('a signal', () => {
  it('has no listener of a call that has ended', async () => {
    const { signal } = new AbortController()
    const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')]
    const busy = refusing(503, 'temporarily_unavailable')
    const tokens = dueStoreOf(await aCustomer())
    await kiosk(ORIGIN, { tokens, fetch: aLine(toShop, busy, busy).fetch }).cart.get({ signal })
    expect(added).toHaveBeenCalled()
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    )
  })

  it('that aborts when a wait is announced ends the call', async () => {
    const controller = new AbortController()
    const onWait = () => controller.abort(new Error('The page was left.'))
    vi.stubGlobal('setTimeout', () => undefined) // a wait that does not end
    const busy = refusing(503, 'temporarily_unavailable', { 'Retry-After': '7' })
    const call = clientOf(await aCustomer(), { ...aLine(busy), onWait }).cart.get(controller)
    await expect(call).rejects.toThrow('The page was left.')
  })
})

describe('the bookmark', () => {
  /** A response with this bookmark. */
  const inState =
    (state: string): Send =>
    async (request) => {
      const answer = await toShop(request)
      const headers = new Headers(answer.headers)
      headers.set('X-D1-Bookmark', state)
      return new Response(answer.body, { headers })
    }
  const [older, newer] = ['1', '2'].map((digit) => `00000000-0000000${digit}-00000000-${'0'.repeat(32)}`)

  it('of a response goes with the next request, and the newest stays', async () => {
    const line = aLine(inState(older!), inState(newer!), inState(older!))
    const shop = clientOf(await aCustomer(), line)
    for (const _ of ['older', 'newer', 'older', 'last']) await shop.cart.get()
    expect(line.sent('X-D1-Bookmark')).toEqual([null, older, newer, newer])
  })

  it('is the one from the shop', async () => {
    const given: (string | null)[] = []
    const line = aLine()
    const keeping: Send = async (request) => {
      const answer = await line.fetch(request)
      given.push(answer.headers.get('X-D1-Bookmark'))
      return answer
    }
    const shop = clientOf(await aCustomer(), { fetch: keeping })
    await shop.cart.add((await aProduct()).id)
    await shop.cart.get()
    expect(line.sent('X-D1-Bookmark')).toEqual([null, given[0]])
  })

  it('is not sent after an event, which may tell more than it, nor one of an earlier request', async () => {
    vi.stubGlobal('WebSocket', undefined)
    const ann = await aCustomer()
    const order = await anOrder(ann)
    const event = Promise.withResolvers<void>()
    const late: Send = async (request) => {
      const answer = await inState(newer!)(request)
      await event.promise
      return answer
    }
    const line = aLine(inState(older!), late)
    const shop = clientOf(ann, line)
    await shop.cart.get()
    const reading = shop.cart.get()
    const events = shop.orders.watch({ since: 0 })
    expect((await events.next()).value?.order.id).toBe(order.id)
    event.resolve()
    await reading
    await shop.orders.get(order.id)
    await events.return()
    expect(line.sent('X-D1-Bookmark')).toEqual([null, older, null, null])
  })

  it('is not sent with public requests', async () => {
    const line = aLine()
    const shop = clientOf(await aCustomer(), line)
    await shop.cart.get()
    await shop.products.list().first()
    const [, { headers } = new Request(ORIGIN)] = line.requests
    expect([headers.get('Authorization'), headers.get('X-D1-Bookmark')]).toEqual([null, null])
  })
})

describe('a problem', () => {
  it('has the current total or stock', async () => {
    const [ann, product] = [await aCustomer(), await aProduct({ price: '10.00', stock: 5 })]
    const shop = clientOf(ann)
    await shop.cart.add(product.id, 2)
    await staffEdits(product, { price: '11.00' })
    const moved = await problemOf(shop.orders.place({ expected_total: '20.00' }))
    expect([moved.status, moved.is('total_changed') && moved.body.total_price]).toEqual([409, '22.00'])
    await staffEdits(product, { stock: 1 })
    const short = await problemOf(shop.orders.place())
    expect(short.is('insufficient_stock') && short.body.items?.map(({ available }) => available)).toEqual([1])
    expect(short.is('total_changed')).toBe(false)
    expect(short.detail).toBe(short.body['detail'])
    expect(short.message).toBe(`Insufficient stock (409 insufficient_stock): ${short.detail}`)
  })

  it('has the errors by field', async () => {
    const account = { email: 'none', password: PASSWORD, name: '', phone: '1' }
    const problem = await problemOf(kiosk(ORIGIN, { fetch: toShop }).register(account))
    expect(problem).toMatchObject({ name: 'Problem', code: 'invalid_request', status: 400 })
    expect(Object.keys(problem.errors)).toEqual(['email', 'name'])
    expect(problem.errors['name']).toEqual([expect.stringMatching(/\w/)])
    const words = (error: FieldError) => (error.code === 'too_long' ? `höchstens ${error.max}` : error.code)
    expect(problem.error_codes['name']?.map(words)).toEqual(['empty'])
    const long = { ...account, email: 'ann@example.com', name: 'a'.repeat(256) }
    const { error_codes } = await problemOf(kiosk(ORIGIN, { fetch: toShop }).register(long))
    expect(error_codes['name']?.map(words)).toEqual(['höchstens 255'])
    expect((await problemOf(clientOf(await aCustomer()).orders.get(1_000_000))).errors).toEqual({})
  })

  it.each([
    ['email: Unknown.', 'Invalid request (400 invalid_request): email: Unknown.\n  body: Too long.'],
    ['No.', 'Invalid request (400 invalid_request): No.\n  email: Unknown.\n  body: Too long.'],
  ])('has a message for a console, with what the detail lacks: %s', (detail, message) => {
    const body = { title: 'Invalid request', errors: { email: ['Unknown.'], '': ['Too long.'] } }
    expect(new Problem('invalid_request', detail, 400, body).message).toBe(message)
  })

  it.each([
    ['a page of a proxy that refuses', 403],
    ['a page of a proxy in place of the response', 200],
  ])('is unexpected when it is %s', async (_, status) => {
    const page = () => Promise.resolve(new Response('<p>Log in to the wireless network', { status }))
    const line = aLine(page)
    expect(await problemOf(clientOf(await aCustomer(), line).cart.get())).toMatchObject({
      code: 'unexpected',
      status,
      body: {},
    })
    expect(line.requests).toHaveLength(1)
  })

  it('is unreachable when no response comes after all retries, and has the cause', async () => {
    const problem = await problemOf(clientOf(await aCustomer(), { fetch: unreachable }).cart.get())
    expect(problem).toMatchObject({ code: 'unreachable', status: 0, cause: { message: /lost/ } })
    expect(pauses).toHaveLength(4)
  })
})

describe('a list', () => {
  let category: { id: number; name: string }
  let ids: number[]
  const client = kiosk(ORIGIN, { fetch: toShop })

  beforeAll(async () => {
    category = await aCategory()
    ids = []
    for (let n = 0; n < 11; n += 1) ids.push((await aProduct({ category: category.id })).id)
  })

  it('iterates over all its pages, each item once', async () => {
    const walked = []
    for await (const { id } of client.products.list({ category: category.name, page_size: 4 }))
      walked.push(id)
    expect(walked).toEqual(ids)
  })

  it('can be read page by page, or its first page alone', async () => {
    const list = client.products.list({ category: category.name, page_size: 4 })
    const pages = []
    for await (const { count, results } of list.pages()) pages.push([count, results.length])
    expect(pages).toEqual([
      [11, 4],
      [11, 4],
      [11, 3],
    ])
    const { count, results, previous } = await list.first()
    expect([count, results.map(({ id }) => id), previous]).toEqual([11, ids.slice(0, 4), null])
  })

  it('continues from a page, even after a failed attempt', async () => {
    const line = aLine(toShop, unreachable, toShop, toShop)
    const list = kiosk(ORIGIN, { ...line, retries: 0 }).products.list({
      category: category.name,
      page_size: 6,
    })
    const first = await list.first()
    await expect(list.next(first)).rejects.toMatchObject({ code: 'unreachable' })
    const last = await list.next(first)
    expect([...first.results, ...last!.results].map(({ id }) => id)).toEqual(ids)
    expect(await list.next(last!)).toBeUndefined()
  })

  it('fetches no further than it is iterated', async () => {
    const line = aLine()
    const list = kiosk(ORIGIN, line).products.list({ category: category.name, page_size: 4 })
    for await (const { id } of list) if (id === ids[3]) break
    expect(line.requests).toHaveLength(1)
  })

  it('accepts several values of a filter, and stops with its signal', async () => {
    const other = await aCategory()
    const { id } = await aProduct({ category: other.id })
    const query = { category: [category.name, other.name], min_price: undefined, page_size: 5 }
    const controller = new AbortController()
    const walked: number[] = []
    const walk = async () => {
      for await (const product of client.products.list({ ...query, signal: controller.signal })) {
        walked.push(product.id)
        if (walked.length === 10) controller.abort(new Error('That is enough.'))
      }
    }
    await expect(walk()).rejects.toThrow('That is enough.')
    expect(walked).toEqual(ids.slice(0, 10))
    const { count } = await client.products.list(query).first()
    expect([count, id > ids[10]!]).toEqual([12, true])
  })

  it('is fetched from the client’s URL, whatever origin the shop reports', async () => {
    const renamed: Send = async (request) => {
      const text = await (await toShop(request)).text()
      return Response.json(JSON.parse(text.replaceAll(ORIGIN, 'http://inside:8787')))
    }
    const line = aLine(renamed, renamed, renamed)
    const walked = []
    const list = kiosk(ORIGIN, line).products.list({ category: category.name, page_size: 4 })
    for await (const { id } of list) walked.push(id)
    expect(walked).toEqual(ids)
    expect(new Set(line.requests.map(({ url }) => new URL(url).origin))).toEqual(new Set([ORIGIN]))
  })

  it('of integrity results covers every check', async () => {
    const checks = new Set<string>()
    for await (const { check, violations } of clientOf(await theOwner()).admin.checkIntegrity()) {
      checks.add(check)
      expect(violations, check).toBe(0)
    }
    expect([...checks]).toEqual(CHECK_NAMES)
  })
})

describe('an edit', () => {
  it('is refused after a simultaneous edit, and succeeds without one', async () => {
    const shop = clientOf(await someStaff())
    const product = await aProduct()
    const seen = await shop.admin.products.get(product.id)
    await staffEdits(product, { name: 'Somebody else named it' })
    const guarded = { ifMatch: shop.etagOf(seen) }
    const problem = await problemOf(shop.admin.products.update(product.id, { name: 'Mine' }, guarded))
    expect([problem.code, problem.status]).toEqual(['precondition_failed', 412])
    const again = await shop.admin.products.get(product.id)
    expect(again.name).toBe('Somebody else named it')
    const named = await shop.admin.products.update(
      product.id,
      { name: 'Mine' },
      { ifMatch: shop.etagOf(again) },
    )
    expect(named.name).toBe('Mine')
    expect(shop.etagOf({})).toBeUndefined()
  })
})

describe('an edit with `ifMatch` whose response is lost', () => {
  it('is not retried without a key, and does not conflict with itself', async () => {
    const { id } = await aCategory()
    const line = aLine(toShop, lost)
    const { admin, etagOf } = clientOf(await someStaff(), line)
    const ifMatch = etagOf(await admin.categories.get(id))
    const name = unique()
    expect((await problemOf(admin.categories.update(id, { name }, { ifMatch }))).code).toBe('unreachable')
    expect(line.requests).toHaveLength(2)
    expect((await admin.categories.get(id)).name).toBe(name)
  })

  it('is retried with a key, and takes effect once', async () => {
    const { id } = await aProduct()
    const { admin, etagOf } = clientOf(await someStaff(), aLine(toShop, lost))
    const ifMatch = etagOf(await admin.products.get(id))
    expect((await admin.products.update(id, { stock_delta: 1 }, { ifMatch })).stock).toBe(11)
  })

  it('is retried when the shop has refused to consider it', async () => {
    const { id } = await aCategory()
    const line = aLine(toShop, refusing(429, 'too_many_requests'))
    const { admin, etagOf } = clientOf(await someStaff(), line)
    const ifMatch = etagOf(await admin.categories.get(id))
    const name = unique()
    expect((await admin.categories.replace(id, { name, description: '' }, { ifMatch })).name).toBe(name)
  })
})

describe('a stream of orders, without a WebSocket', () => {
  beforeEach(() => void vi.stubGlobal('WebSocket', undefined))

  const inShort = ({ status, order }: OrderStreamMessage) => `${status} ${order.id}`

  it('ends with its signal, even if more events have arrived', async () => {
    const [ann, product] = [await aCustomer(), await aProduct()]
    for (let n = 0; n < 3; n += 1) await anOrder(ann, product)
    const controller = new AbortController()
    const { signal } = controller
    const heard = []
    for await (const event of clientOf(ann).orders.watch({ since: 0, signal })) {
      heard.push(event)
      await scheduler.wait(200) // the others arrive
      controller.abort()
    }
    expect(heard).toHaveLength(1)
  })

  it('goes on after its token has expired', async () => {
    const [ann, product] = [await aCustomer(), await aProduct()]
    const line = aLine()
    const events = clientOf(await runOut(ann, 5), line).orders.watch({ since: 0 })
    const order = await anOrder(ann, product)
    expect(inShort((await events.next()).value!)).toBe(`Pending ${order.id}`)
    const next = events.next()
    const expired = () => pathsOf(line.requests).includes('/api/token/refresh/')
    await expect.poll(expired, { timeout: 20_000 }).toBe(true)
    const later = await anOrder(ann, product)
    expect(inShort((await next).value!)).toBe(`Pending ${later.id}`)
    const streams = line.requests.filter(({ url }) => url.includes('/events/'))
    expect(streams.map(({ url }) => url.split('=')[1])).toEqual(['0', expect.stringMatching(/^[1-9]/)])
    expect(streams.map(({ headers }) => headers.get('Accept'))).toEqual([
      'text/event-stream',
      'text/event-stream',
    ])
    await events.return()
  })

  it('ends when another account has logged in', async () => {
    const [ann, bob, product] = [await aCustomer(), await aCustomer(), await aProduct()]
    const line = aLine()
    const tokens = storeOf(ann)
    const { setInterval } = globalThis
    vi.stubGlobal('setInterval', (act: () => void, milliseconds: number) =>
      setInterval(act, milliseconds / 50),
    )
    const events = kiosk(ORIGIN, { ...line, tokens }).orders.watch({ since: 0 })
    const order = await anOrder(ann, product)
    expect(inShort((await events.next()).value!)).toBe(`Pending ${order.id}`)
    await anOrder(bob, product)
    tokens.set(toTokenPair(bob))
    expect((await problemOf(events.next())).code).toBe('token_missing')
    expect(line.sent('Authorization')).toEqual([`Bearer ${ann.access}`])
  })

  it('yields an order with a name that has line separators', async () => {
    const [ann, product] = [
      await aCustomer(),
      await aProduct({ name: 'Tea\u2028event: replaced\u2029data: {}' }),
    ]
    const placed = await anOrder(ann, product)
    const events = clientOf(ann).orders.watch({ since: 0 })
    const { order } = (await events.next()).value!
    expect(order.items).toEqual(placed.items)
    await events.return()
  })

  it('yields what has come before it ends', async () => {
    const events = [1, 2].map(
      (id) => `event: order.placed\ndata: ${JSON.stringify({ id, status: 'Pending', order: {} })}\n\n`,
    )
    const ending: Send = async () => {
      const headers = { 'Content-Type': 'text/event-stream' }
      return new Response(`${events.join('')}event: replaced\ndata: {}\n\n`, { headers })
    }
    const ids: number[] = []
    const reading = async () => {
      for await (const { id } of clientOf(await aCustomer(), aLine(ending)).orders.watch({ since: 0 })) {
        ids.push(id)
        await scheduler.wait(100)
      }
    }
    expect((await problemOf(reading())).code).toBe('replaced')
    expect(ids).toEqual([1, 2])
  })

  it('waits as long as the shop asks for, and says so', async () => {
    const [ann, product] = [await aCustomer(), await aProduct()]
    const busy = refusing(503, 'temporarily_unavailable', { 'Retry-After': '45' })
    const waits: Wait[] = []
    const shop = clientOf(ann, { ...aLine(busy), onWait: (wait) => void waits.push(wait) })
    const order = await anOrder(ann, product)
    const events = shop.orders.watch({ since: 0 })
    expect(inShort((await events.next()).value!)).toBe(`Pending ${order.id}`)
    expect(pauses).toEqual([45_000])
    expect(waits).toMatchObject([{ seconds: 45, request: 'GET /api/orders/events/' }])
    await events.return()
  })

  it('is not connected by the page of a proxy', async () => {
    const [ann, product] = [await aCustomer(), await aProduct()]
    const line = aLine(() => Promise.resolve(new Response('<p>Log in to the wireless network')))
    const order = await anOrder(ann, product)
    const states: string[] = []
    const onState = ({ name }: StreamState) => void states.push(name)
    const events = clientOf(ann, line).orders.watch({ since: 0, onState })
    expect(inShort((await events.next()).value!)).toBe(`Pending ${order.id}`)
    expect(states).toEqual(['connecting', 'waiting', 'connecting', 'connected'])
    await events.return()
  })

  it('ends with a signal that aborts as soon as it connects', async () => {
    const controller = new AbortController()
    const onState = () => controller.abort()
    const shop = clientOf(await aCustomer())
    expect(await shop.orders.watch({ signal: controller.signal, onState }).next()).toMatchObject({
      done: true,
    })
  })

  it('ends with a signal that aborts while it opens again with a new token', async () => {
    const controller = new AbortController()
    const expired: Send = async () => {
      const headers = { 'Content-Type': 'text/event-stream' }
      return new Response('event: token_expired\ndata: {}\n\n', { headers })
    }
    let opened = 0
    const onState = ({ name }: StreamState) => {
      if (name === 'connecting' && (opened += 1) === 2) controller.abort()
    }
    const shop = clientOf(await aCustomer(), aLine(expired))
    const events = shop.orders.watch({ signal: controller.signal, onState })
    expect(await events.next()).toMatchObject({ done: true })
    expect(opened).toBe(2)
  })

  it.each([
    [401, 'token_revoked'],
    [403, 'not_staff'],
  ])('ends when the shop answers %i', async (status, code) => {
    const shop = clientOf(await aCustomer(), aLine(refusing(status, code)))
    expect((await problemOf(shop.orders.watch().next())).code).toBe(code)
  })

  it('ends with an error code of the API when the token expires after the tokens are forgotten', async () => {
    const tokens = storeOf(await aCustomer())
    const expired: Send = async () => {
      tokens.set(undefined) // by a log-out that has failed
      const headers = { 'Content-Type': 'text/event-stream' }
      return new Response('event: token_expired\ndata: {}\n\n', { headers })
    }
    const shop = kiosk(ORIGIN, { tokens, fetch: expired })
    expect((await problemOf(shop.orders.watch().next())).code).toBe('token_invalid')
  })
})

describe('a spreadsheet', () => {
  async function aShopOfStaff(fetch: Send): Promise<Kiosk> {
    const tokens = inMemory()
    tokens.set(toTokenPair(await someStaff()))
    return kiosk(ORIGIN, { tokens, fetch })
  }

  async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
    const all = []
    for await (const item of items) all.push(item)
    return all
  }

  it('is imported in pieces, each with the file, and exported as a file', async () => {
    const line = aLine()
    const shop = await aShopOfStaff(line.fetch)
    const name = unique()
    const csv = `name,price,stock\n${Array.from({ length: 501 }, (_, n) => `${name} ${n},1.00,${n}`).join('\n')}`
    const previews = await allOf(shop.admin.products.import(csv, { dry_run: true }))
    expect(previews).toMatchObject([{ dry_run: true, created: 501 }])
    const results = await allOf(
      shop.admin.products.import(new Blob([csv], { type: 'application/vnd.ms-excel' })),
    )
    expect(results.map(({ done, created }) => [done, created])).toEqual([
      [500, 500],
      [501, 1],
    ])
    expect(await (await shop.admin.products.export()).text()).toContain(`,${name} 500,`)
    const orders = await shop.admin.orders.export({ created_before: '1970-01-01T00:00:00Z' })
    expect((await orders.text()).split('\r\n')).toHaveLength(2)
    expect(new URL(line.requests.at(-1)!.url).search).toBe('?created_before=1970-01-01T00%3A00%3A00Z')
  })

  it('that is wrong says where', async () => {
    const shop = await aShopOfStaff(toShop)
    const problem = await shop.admin.products
      .import('name,price\nA,x\n')
      .next()
      .catch((error: unknown) => error)
    expect(
      problem instanceof Problem && problem.is('invalid_import') && problem.body.cell_errors,
    ).toMatchObject([{ row: 2, column: 'price' }])
  })
})

describe('the methods', () => {
  /** Not for clients, a stream of events (tested in a browser), or an alias. */
  const LEFT_OUT = [
    'GET /api/health/',
    'POST /api/token/verify/',
    'POST /api/orders/',
    'POST /api/payments/stripe/',
    'GET /api/orders/events/',
    'GET /api/admin/orders/events/',
    'GET /pictures/1',
  ]

  type Methods = { [name: string]: Methods | ((...given: unknown[]) => unknown) }

  async function callAll(methods: Methods): Promise<void> {
    for (const [name, method] of Object.entries(methods)) {
      if (name === 'account' || name === 'etagOf' || name === 'watch') continue
      if (typeof method === 'object') {
        await callAll(method)
        continue
      }
      const result = method(1, {}, {})
      if (result instanceof Listing) await result.first()
      else if (Symbol.asyncIterator in Object(result)) await (result as AsyncGenerator).next()
      else await result
    }
  }

  it('cover every operation of the OpenAPI document', async () => {
    const { access, refresh } = await aCustomer()
    const asked = new Set<string>()
    const answering: Send = (request) => {
      asked.add(`${request.method} ${new URL(request.url).pathname.replace('[object%20Object]', '1')}`)
      return Promise.resolve(Response.json({ access, refresh, next: null, results: [] }))
    }
    const shop = kiosk(ORIGIN, { tokens: dueStoreOf({ access, refresh }), fetch: answering })
    await shop.cart.get() // renews the session
    await callAll(shop as unknown as Methods)
    await kiosk(ORIGIN, { fetch: answering }).guest() // only without a session
    const documented = Object.entries(document.paths)
      .flatMap(([path, operations]) =>
        Object.keys(operations).map(
          (method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '1')}`,
        ),
      )
      .filter((operation) => !LEFT_OUT.includes(operation))
    expect([...asked].toSorted()).toEqual(documented.toSorted())
  })
})
