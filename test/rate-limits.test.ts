import { createExecutionContext, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { app } from '../src/app.ts'
import type { Bindings, LimitName } from '../src/env.ts'
import { networkOf, siteOf } from '../src/http/rate-limit.ts'
import { streamOf } from '../src/events/wake.ts'
import config from '../wrangler.toml?raw'
import { ORIGIN } from './http.ts'
import { listen } from './listening.ts'
import { aCustomer, aProduct, aRegisteredCustomer, loggedIn, PASSWORD, someStaff, unique } from './shop.ts'

interface Asked {
  body?: unknown
  token?: string
  address?: string
  bindings?: Partial<Bindings>
}

/** The limits in wrangler.toml, per minute. */
const numbers = Object.fromEntries(
  [
    ...config.matchAll(
      /name = "(LIMIT_\w+)"\nnamespace_id = "\d+"\nsimple = \{ limit = (\d+), period = 60 \}/g,
    ),
  ].map(([, name, limit]) => [name!, Number(limit)]),
) as Record<LimitName, number>

/** Counts as the bindings do, but in a minute that does not end in the middle of a test. */
function sameMinute(): Record<LimitName, RateLimit> {
  const counts = new Map<string, number>()
  const limiter = (name: LimitName) => ({
    limit({ key }: { key: string }) {
      const count = (counts.get(`${name} ${key}`) ?? 0) + 1
      counts.set(`${name} ${key}`, count)
      return Promise.resolve({ success: count <= numbers[name] })
    },
  })
  return Object.fromEntries(
    (Object.keys(numbers) as LimitName[]).map((name) => [name, limiter(name)]),
  ) as unknown as Record<LimitName, RateLimit>
}

let limiters: Record<LimitName, RateLimit>

beforeEach(() => {
  limiters = sameMinute()
})

/** A request with the limits on, which the other tests have off. */
async function ask(method: string, path: string, { body, token, address, bindings }: Asked = {}) {
  const headers = new Headers({ 'Content-Type': 'application/json' })
  if (token) headers.set('Authorization', `Bearer ${token}`)
  if (address) headers.set('CF-Connecting-IP', address)
  const answer = await app.fetch(
    new Request(ORIGIN + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) }),
    { ...env, RATE_LIMITING: 'on', ...limiters, ...bindings },
    createExecutionContext(),
  )
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) }
}

let addresses = 0
const anAddress = () => `192.0.2.${(addresses += 1)}`

/** Statuses of this many requests, one after the other. */
async function statusesOf(times: number, request: (n: number) => ReturnType<typeof ask>): Promise<number[]> {
  const statuses = []
  for (let n = 0; n < times; n += 1) statuses.push((await request(n)).status)
  return statuses
}

const logIn = (email: string, password: string, address?: string, asked: Asked = {}) =>
  ask('POST', '/api/token/', { body: { email, password }, ...(address && { address }), ...asked })

describe('a log-in', () => {
  it('can be tried five times a minute at one account from one address', async () => {
    const { email } = await aRegisteredCustomer()
    const address = anAddress()
    expect(await statusesOf(6, () => logIn(email, 'wrong password', address))).toEqual([
      401, 401, 401, 401, 401, 429,
    ])
    const refusal = await logIn(email, PASSWORD, address)
    expect([refusal.status, refusal.body.code, refusal.headers.get('Retry-After')]).toEqual([
      429,
      'too_many_requests',
      '60',
    ])
  })

  it('is open to the owner while an attacker guesses from elsewhere', async () => {
    const { email } = await aRegisteredCustomer()
    const address = anAddress()
    // Far beyond what one e-mail is allowed in all: what the tight limit refuses does not count there.
    const statuses = await statusesOf(120, () => logIn(email, 'wrong password', address))
    expect(statuses.filter((status) => status === 401)).toHaveLength(5)
    expect((await logIn(email, PASSWORD, anAddress())).status).toBe(200)
  })

  it('is limited by address and by e-mail alone as well, loosely', async () => {
    const counts: Record<string, string[]> = {}
    const counting = (name: string, success = true) => ({
      limit: ({ key }: { key: string }) => {
        ;(counts[name] ??= []).push(key)
        return Promise.resolve({ success })
      },
    })
    const bindings = {
      LIMIT_LOG_IN: counting('pair'),
      LIMIT_LOG_IN_BY_ADDRESS: counting('address'),
      LIMIT_LOG_IN_BY_EMAIL: counting('email', false),
    }
    const address = anAddress()
    const body = { email: 'Ann@Example.com', password: 'x' }
    expect((await ask('POST', '/api/token/', { body, address, bindings })).status).toBe(429)
    await ask('POST', '/api/token/', { body: { ...body, email: ' ann@example.com' }, address, bindings })
    expect(counts['address']).toEqual([address, address])
    expect(new Set(counts['email'])).toHaveProperty('size', 1) // however it is written
    expect(counts['pair']![0]).toContain(address)
    expect(JSON.stringify(counts)).not.toContain('ann@example.com')
  })

  it('lets the owner log in from a known network while strangers guess from elsewhere', async () => {
    const { email } = await aRegisteredCustomer()
    expect((await logIn(email, PASSWORD, '192.0.2.251')).status).toBe(200)
    const refused = { limit: () => Promise.resolve({ success: false }) }
    const usedUp = { bindings: { LIMIT_LOG_IN_BY_EMAIL: refused } }
    expect((await logIn(email, PASSWORD, '203.0.113.9', usedUp)).status).toBe(429)
    expect((await logIn(email, PASSWORD, '192.0.2.252', usedUp)).status).toBe(200) // the same /24
    // The network outlives the sessions, and a change of the key.
    await env.DB.prepare('DELETE FROM sessions').run()
    expect((await logIn(email, PASSWORD, '192.0.2.252', usedUp)).status).toBe(200)
    const rotated = {
      JWT_SECRET: 'another secret of the tests, long enough for HS256',
      JWT_SECRET_PREVIOUS: env.JWT_SECRET,
    }
    const afterRotation = { bindings: { ...usedUp.bindings, ...rotated } }
    expect((await logIn(email, PASSWORD, '192.0.2.253', afterRotation)).status).toBe(200)
    // From there, the tight limit still applies.
    const tight = { bindings: { ...usedUp.bindings, LIMIT_LOG_IN: refused } }
    expect((await logIn(email, PASSWORD, '192.0.2.251', tight)).status).toBe(429)
  })

  it('stores no address in the database', async () => {
    const [ann, bob] = [await aRegisteredCustomer(), await aRegisteredCustomer()]
    await logIn(ann.email, PASSWORD, '192.0.2.250')
    await logIn(bob.email, PASSWORD, '192.0.2.250')
    const { results } = await env.DB.prepare('SELECT network FROM known_networks WHERE user_id IN (?, ?)')
      .bind(ann.id, bob.id)
      .all<{ network: string | null }>()
    const kept = results.map(({ network }) => network).filter((network) => network !== null)
    expect(new Set(kept)).toHaveProperty('size', 2)
    expect(kept).toEqual([expect.stringMatching(/^[\w-]{43}$/), expect.stringMatching(/^[\w-]{43}$/)])
  })

  it('of an account is not used up from one IPv6 /48', async () => {
    const { email } = await aCustomer()
    const statuses = await statusesOf(numbers.LIMIT_LOG_IN_BY_EMAIL + 5, (n) =>
      logIn(email, 'wrong', `2001:db8:7:${Math.floor(n / 5).toString(16)}::1`),
    )
    expect([statuses.at(0), statuses.at(-1)]).toEqual([401, 429])
    expect((await logIn(email, 'wrong', anAddress())).status).toBe(401)
  })

  it('is counted by the binding itself', async () => {
    const bindings = { LIMIT_LOG_IN: env.LIMIT_LOG_IN }
    const address = anAddress()
    const body = { email: `${unique()}@example.com`, password: 'wrong password' }
    // Two minutes may be touched, which allow five each.
    const statuses = await statusesOf(11, () => ask('POST', '/api/token/', { body, address, bindings }))
    expect(statuses).toContain(401)
    expect(statuses).toContain(429)
  })

  it('is refused before anything is hashed or looked up', async () => {
    const email = `${unique()}@example.com`
    const address = anAddress()
    await statusesOf(5, () => logIn(email, 'wrong password', address))
    const refusal = await logIn(email, 'wrong password', address)
    expect(refusal.status).toBe(429)
    expect(refusal.headers.get('Server-Timing')).toContain('trips=0')
  })
})

describe('by address', () => {
  it('ten registrations per minute and address; addresses do not share a limit', async () => {
    const address = anAddress()
    const register = (from: string) =>
      ask('POST', '/api/users/register/', {
        body: { email: `${unique()}@example.com`, password: PASSWORD, name: 'N', phone: '1' },
        address: from,
      })
    const statuses = await statusesOf(11, () => register(address))
    expect(statuses.filter((status) => status === 201)).toHaveLength(10)
    expect(statuses.at(-1)).toBe(429)
    expect((await register(anAddress())).status).toBe(201)
  })

  it('requests without an address are not limited together', async () => {
    const statuses = await statusesOf(20, () =>
      ask('POST', '/api/token/refresh/', { body: { refresh: 'x' } }),
    )
    expect(new Set(statuses)).toEqual(new Set([401]))
  })

  it('an IPv6 client is its network, since it has 2⁶⁴ addresses', () => {
    expect(networkOf('2001:db8:0:1::5')).toBe('2001:db8:0:1')
    expect(networkOf('2001:0DB8:0000:0001:ffff:1:2:3')).toBe('2001:db8:0:1')
    expect(networkOf('2001:db8::')).toBe('2001:db8:0:0')
    expect(networkOf('::1')).toBe('0:0:0:0')
    expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7')
    expect(networkOf('192.0.2.7')).toBe('192.0.2.7')
    expect(siteOf('2001:db8:0:1::5')).toBe('2001:db8:0')
    expect(siteOf('::ffff:192.0.2.7')).toBeUndefined()
  })

  it.each([
    ['/api/products/', 'LIMIT_ADDRESS'],
    ['/api/products/?search=box', 'LIMIT_SEARCH'],
    ['/api/health/', 'LIMIT_ADDRESS'],
  ] as const)('%s has %s', async (path, name) => {
    const refusing = { limit: () => Promise.resolve({ success: false }) }
    const address = anAddress()
    expect((await ask('GET', path, { address, bindings: { [name]: refusing } })).status).toBe(429)
  })
})

describe('by session', () => {
  it('orders are placed and cancelled thirty times per minute together, whatever others do', async () => {
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    const place = (token: string) => ask('POST', '/api/orders/', { token })
    await statusesOf(29, () => place(ann.access))
    expect((await ask('POST', '/api/orders/1/cancel/', { token: ann.access })).status).toBe(404)
    expect((await place(ann.access)).status).toBe(429)
    expect((await place(bob.access)).status).toBe(400) // an empty cart
  })

  it('the current password can be guessed five times per minute', async () => {
    const { access: token } = await aCustomer()
    const statuses = await statusesOf(6, () => ask('POST', '/api/users/password/', { token, body: {} }))
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429])
  })

  it.each([
    ['POST', '/api/cart/', 'LIMIT_CART'],
    ['PATCH', '/api/cart/1/', 'LIMIT_CART'],
    ['DELETE', '/api/cart/1/', 'LIMIT_CART'],
    ['DELETE', '/api/cart/', 'LIMIT_CART'],
    ['POST', '/api/orders/create/', 'LIMIT_ORDER'],
    ['POST', '/api/admin/products/1/pictures/', 'LIMIT_UPLOAD'],
  ] as const)('%s %s has %s', async (method, path, name) => {
    const { access: token, session_id } = await (path.includes('/admin/') ? someStaff() : aCustomer())
    const keys: string[] = []
    const refusing = {
      limit({ key }: { key: string }) {
        keys.push(key)
        return Promise.resolve({ success: false })
      },
    }
    expect((await ask(method, path, { token, bindings: { [name]: refusing } })).status).toBe(429)
    expect(keys).toEqual([String(session_id)])
  })

  it('an ended session does not use up the limits of the other sessions of its account', async () => {
    const ann = await aCustomer()
    const other = await loggedIn(ann.id, 0)
    await ann.call('DELETE', `/api/users/sessions/${other.session_id}/`)
    const change = (token: string) => ask('POST', '/api/users/password/', { token, body: {} })
    expect((await statusesOf(6, () => change(other.access))).at(-1)).toBe(429)
    expect((await change(ann.access)).status).toBe(400)
    await statusesOf(31, () => ask('POST', '/api/orders/', { token: other.access }))
    expect((await ask('POST', '/api/orders/', { token: ann.access })).body.code).toBe('cart_empty')
  })

  it('a new token over a socket counts as another connection', async () => {
    const ann = await aCustomer()
    const socket = await listen(ann.access)
    const stream = streamOf(env.ORDER_STREAMS, { user_id: ann.id })
    const limited = { ...env, RATE_LIMITING: 'on', ...limiters }
    await runInDurableObject(stream, (object) => void Object.assign(object, { env: limited }))
    for (let n = 0; n <= numbers.LIMIT_LISTEN; n += 1) socket.send({ type: 'auth', access: ann.access })
    expect(await socket.ends()).toEqual({ code: 1013, reason: 'reconnect' })
  })

  it('a refused change changes nothing', async () => {
    const ann = await aCustomer()
    const refusing = { limit: () => Promise.resolve({ success: false }) }
    const body = { product_id: (await aProduct()).id }
    await ask('POST', '/api/cart/', { token: ann.access, body, bindings: { LIMIT_CART: refusing } })
    expect((await ann.cart()).items).toEqual([])
  })
})

describe('every route', () => {
  /** Bindings of which these refuse, and a list of what was asked of all. */
  function refusing(...refused: LimitName[]) {
    const asked: string[] = []
    const limiter = (name: LimitName) => ({
      limit({ key }: { key: string }) {
        asked.push(`${name} ${key}`)
        return Promise.resolve({ success: !refused.includes(name) })
      },
    })
    const bindings = Object.fromEntries(
      (Object.keys(numbers) as LimitName[]).map((name) => [name, limiter(name)]),
    )
    return { asked, bindings: bindings as Partial<Bindings> }
  }

  /** A body that tells whether anybody read it. */
  function unreadBody() {
    const state = { read: false }
    const body = new ReadableStream(
      {
        pull(controller) {
          state.read = true
          controller.enqueue(new TextEncoder().encode('{}'))
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    return { state, body }
  }

  const routes = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path.replaceAll(/:\w+(\{[^}]*\})?/g, '1')}`)
  const all = [...new Set(routes), 'GET /api/nothing', 'PUT /api/health', 'HEAD /api/products']

  it.each(all)('%s has a limit by address, before its body is read', async (route) => {
    const [method, path] = route.split(' ') as [string, string]
    const { state, body } = unreadBody()
    const { asked, bindings } = refusing('LIMIT_ADDRESS')
    const answer = await app.fetch(
      new Request(ORIGIN + path, {
        method,
        headers: { 'Content-Type': 'application/json', 'CF-Connecting-IP': '192.0.2.1' },
        ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
      }),
      { ...env, RATE_LIMITING: 'on', ...bindings },
      createExecutionContext(),
    )
    await answer.text()
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([429, '60'])
    expect(answer.headers.get('Server-Timing')).toContain('trips=0')
    expect([asked, state.read]).toEqual([['LIMIT_ADDRESS 192.0.2.1'], false])
  })

  it.each(all)('%s has a limit by session, which no stranger uses up', async (route) => {
    const [method, path] = route.split(' ') as [string, string]
    const { access: token, session_id } = await (path.startsWith('/api/admin') ? someStaff() : aCustomer())
    const { asked, bindings } = refusing('LIMIT_SESSION')
    expect((await ask(method, path, { token, address: anAddress(), bindings })).status).toBe(429)
    expect(asked).toEqual([`LIMIT_SESSION ${session_id}`])
  })

  it('counts the shared limit by account, or by /48 for strangers', async () => {
    const { access: token, id, session_id } = await aCustomer()
    const customer = refusing('LIMIT_LOOSELY')
    expect((await ask('GET', '/api/cart/', { token, bindings: customer.bindings })).status).toBe(429)
    expect(customer.asked).toEqual([
      `LIMIT_SESSION ${session_id}`,
      `LIMIT_LOOSELY account ${id}`,
      `LIMIT_LOOSELY active sessions of ${id}`,
    ])
    const stranger = refusing('LIMIT_LOOSELY')
    const address = '2001:db8:1:2::3'
    // An invalid token is treated as no token.
    const asked = { token: 'a.b.c', address, bindings: stranger.bindings }
    expect((await ask('GET', '/api/cart/', asked)).status).toBe(429)
    expect(stranger.asked).toEqual(['LIMIT_ADDRESS 2001:db8:1:2', 'LIMIT_LOOSELY 2001:db8:1'])
  })

  it('lets no revoked session use up the limit of its account', async () => {
    const ann = await aCustomer()
    const stolen = await loggedIn(ann.id, 0)
    await ann.call('DELETE', `/api/users/sessions/${stolen.session_id}/`)
    const counts: Record<string, number> = {}
    const LIMIT_LOOSELY: RateLimit = {
      limit: async ({ key }) => ({ success: (counts[key] = (counts[key] ?? 0) + 1) <= 3 }),
    }
    const reads = vi.spyOn(env.REVOKED_SESSIONS, 'get')
    const statuses = (token: string, times: number) =>
      statusesOf(times, () => ask('GET', '/api/products/', { token, bindings: { LIMIT_LOOSELY } }))
    expect(await statuses(stolen.access, 3)).toEqual([200, 200, 200])
    expect(reads).not.toHaveBeenCalled()
    expect(await statuses(stolen.access, 9)).toEqual(Array.from({ length: 9 }, () => 429))
    expect(await statuses(ann.access, 4)).toEqual([200, 200, 200, 429])
  })

  it('allows the request when the limiter fails: it must not close the shop', async () => {
    const failing: RateLimit = { limit: () => Promise.reject(new Error('internal error')) }
    const bindings = Object.fromEntries(Object.keys(numbers).map((name) => [name, failing]))
    const warn = vi.spyOn(console, 'warn')
    expect((await ask('GET', '/api/products/', { address: anAddress(), bindings })).status).toBe(200)
    expect(warn.mock.lastCall![0]).toContain('could not be counted')
  })

  it('does not limit OPTIONS', async () => {
    const { asked, bindings } = refusing('LIMIT_ADDRESS')
    expect((await ask('OPTIONS', '/api/cart/', { address: anAddress(), bindings })).status).toBe(204)
    expect(asked).toEqual([])
  })
})

describe('RATE_LIMITING', () => {
  it.each(['on', 'OFF', 'false', '0', ''])('%j leaves the limits on', async (RATE_LIMITING) => {
    const { access: token } = await aCustomer()
    const refusing = { limit: () => Promise.resolve({ success: false }) }
    const bindings = { RATE_LIMITING, LIMIT_CART: refusing }
    expect((await ask('DELETE', '/api/cart/', { token, bindings })).status).toBe(429)
  })

  it('off switches them off, and every log line says so', async () => {
    const { access: token } = await aCustomer()
    const refusing = { limit: () => Promise.resolve({ success: false }) }
    const info = vi.spyOn(console, 'info')
    const bindings = { RATE_LIMITING: 'off', LIMIT_CART: refusing }
    expect((await ask('DELETE', '/api/cart/', { token, bindings })).status).toBe(204)
    expect(JSON.parse(String(info.mock.lastCall))).toMatchObject({ rate_limiting: 'off' })
    await ask('GET', '/api/')
    expect(JSON.parse(String(info.mock.lastCall))).not.toHaveProperty('rate_limiting')
  })
})
