import {
  createExecutionContext,
  createScheduledController,
  evictDurableObject,
  runDurableObjectAlarm,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { app } from '../src/app.ts'
import { issueTokens } from '../src/auth/tokens.ts'
import worker from '../src/index.ts'
import { streamOf } from '../src/events/wake.ts'
import type { d1Through } from './d1.ts'
import { get, ORIGIN, post } from './http.ts'
import { eventIdsOf, insertEvents, listen, listenAsStaff, throughD1 } from './listening.ts'
import {
  aCustomer,
  anOrder,
  aProduct,
  loggedIn,
  type Person,
  someStaff,
  staffMoves,
  theOwner,
} from './shop.ts'

let owner: Person
let product: { id: number }

beforeAll(async () => {
  owner = await theOwner()
  product = await aProduct({ stock: 1_000_000 })
})

/** An access token of this account that expires in this many seconds. */
async function expiringIn(seconds: number, { id, session_id }: Person, is_staff = 0): Promise<string> {
  const refreshed_at = Date.now() - (5 * 60 - seconds) * 1000
  const login = { id: session_id, user_id: id, counter: 0, is_staff, refreshed_at, ends_at: Date.now() + 1e9 }
  return (await issueTokens(login, { current: env.JWT_SECRET })).access
}

async function newestId(user_id: number): Promise<number> {
  const newest = env.DB.prepare('SELECT max(id) AS id FROM order_events WHERE user_id = ?').bind(user_id)
  return (await newest.first<number>('id'))!
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const outOfReach = () => Promise.reject(new Error('D1_ERROR: Network connection lost.'))

describe('a customer who listens', () => {
  it('receives each change of an order as it happens', async () => {
    const ann = await aCustomer()
    const socket = await listen(ann.access)
    expect(socket.protocol).toBe('kiosk.v1')
    const order = await anOrder(ann, product)
    await staffMoves(order, 'Shipped')
    await staffMoves(order, 'Delivered')
    const other = await anOrder(ann, product)
    await ann.cancels(other)
    const messages = await socket.gets(5)
    expect(messages.map(({ type, status, order: { id } }) => [type, status, id])).toEqual([
      ['order.created', 'Pending', order.id],
      ['order.status_changed', 'Shipped', order.id],
      ['order.status_changed', 'Delivered', order.id],
      ['order.created', 'Pending', other.id],
      ['order.status_changed', 'Cancelled', other.id],
    ])
    expect(socket.ids).toEqual([...socket.ids].toSorted((a, b) => a - b))
    expect(messages[0]).toMatchObject({
      order: { user: ann.email, items: order.items },
      at: order.created_at,
    })
  })

  it('receives with since exactly what it missed, in order, before new events', async () => {
    const ann = await aCustomer()
    const first = await listen(ann.access)
    const order = await anOrder(ann, product)
    await first.gets(1)
    first.close()
    await staffMoves(order, 'Shipped')
    await staffMoves(order, 'Delivered')
    const second = await listen(ann.access, { since: first.ids[0]! })
    await second.gets(2)
    const { id } = await anOrder(ann, product)
    const messages = await second.gets(3)
    expect(messages.map(({ status }) => status)).toEqual(['Shipped', 'Delivered', 'Pending'])
    expect(messages[2]!.order.id).toBe(id)
    // What was replayed shows the order as it is now.
    expect(messages[0]!.order.status).toBe('Delivered')
  })

  it('is told when staff take back that its order was shipped', async () => {
    const ann = await aCustomer()
    const order = await anOrder(ann, product)
    const socket = await listen(ann.access, { since: 'now' })
    await socket.begins()
    for (const status of ['Shipped', 'Pending']) await staffMoves(order, status)
    expect((await socket.gets(2))[1]).toMatchObject({
      type: 'order.status_changed',
      status: 'Pending',
      order: { id: order.id, status: 'Pending' },
    })
  })

  it('receives only new events without since', async () => {
    const ann = await aCustomer()
    await anOrder(ann, product)
    const [socket, asking] = [await listen(ann.access), await listen(ann.access, { since: 'now' })]
    await asking.begins() // the object has read the log for both
    const { id } = await anOrder(ann, product)
    expect((await socket.gets(1)).map(({ order }) => order.id)).toEqual([id])
  })

  it('receives every event after the connection opens, however slow D1 is', async () => {
    const ann = await aCustomer()
    const order = await anOrder(ann, product)
    const far: Parameters<typeof d1Through>[1] = async (statements, session) => {
      await pause(100)
      return session.batch(statements)
    }
    await throughD1(ann, far, async (stream) => {
      const socket = await listen(ann.access)
      await insertEvents(ann.id, order.id, 1)
      await stream.wake()
      await socket.gets(1)
      expect(socket.ids).toEqual([await newestId(ann.id)])
    })
  })

  it('receives all events in order while more keep coming', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ joins: fc.boolean(), behind: fc.nat(6), events: fc.integer({ min: 1, max: 3 }) }),
          {
            minLength: 2,
            maxLength: 6,
          },
        ),
        async (steps) => {
          const ann = await aCustomer()
          const order = await anOrder(ann, product)
          const begin = await newestId(ann.id)
          const listeners: { since: number; socket: Awaited<ReturnType<typeof listen>> }[] = []
          await Promise.all(
            steps.map(async ({ joins, behind, events }) => {
              if (joins) {
                const since = Math.max(0, (await newestId(ann.id)) - behind)
                listeners.push({ since, socket: await listen(ann.access, { since }) })
              }
              await insertEvents(ann.id, order.id, events)
              await streamOf(env.ORDER_STREAMS, { user_id: ann.id }).wake()
            }),
          )
          const all = await eventIdsOf(ann.id)
          for (const { since, socket } of listeners) {
            const expected = all.filter((id) => id > since)
            await socket.gets(expected.length)
            expect(socket.ids).toEqual(expected)
            socket.close()
          }
          expect(all.at(-1)).toBeGreaterThan(begin)
        },
      ),
      { numRuns: 20 },
    )
  })

  it('receives a long log in pages', async () => {
    const ann = await aCustomer()
    const { id } = await anOrder(ann, product)
    await insertEvents(ann.id, id, 1200)
    const socket = await listen(ann.access, { since: 0 })
    await socket.gets(1201)
    expect(socket.ids).toEqual(await eventIdsOf(ann.id))
  })

  it('receives its start position with since=now', async () => {
    const ann = await aCustomer()
    await anOrder(ann, product)
    const first = await listen(ann.access, { since: 'now' })
    const since = await first.begins()
    expect([since, first.messages]).toEqual([await newestId(ann.id), []])
    first.close()
    const { id } = await anOrder(ann, product)
    const second = await listen(ann.access, { since })
    expect((await second.gets(1)).map(({ order }) => order.id)).toEqual([id])
  })

  it('receives new events with a since beyond the newest event', async () => {
    const ann = await aCustomer()
    await anOrder(ann, product)
    const socket = await listen(ann.access, { since: 999_999_999 })
    const asking = await listen(ann.access, { since: 'now' })
    await asking.begins()
    await anOrder(ann, product)
    expect(await socket.gets(1)).toHaveLength(1)
  })

  it('receives no events of other customers', async () => {
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    const socket = await listen(ann.access, { since: 0 })
    await anOrder(bob, product)
    const { id } = await anOrder(ann, product)
    expect((await socket.gets(1)).map(({ order }) => order.id)).toEqual([id])
  })

  it('may have ten connections; the oldest makes room', async () => {
    const ann = await aCustomer()
    const sockets = []
    for (let n = 0; n < 11; n += 1) sockets.push(await listen(ann.access))
    expect(await sockets[0]!.ends()).toEqual({ code: 4409, reason: 'replaced' })
    await anOrder(ann, product)
    for (const socket of sockets.slice(1)) expect(await socket.gets(1)).toHaveLength(1)
  })
})

describe('staff who listen', () => {
  it('receive new events of all customers', async () => {
    await anOrder(undefined, product)
    const socket = await listenAsStaff(owner.access, { since: 'now' })
    await socket.begins()
    const [one, two] = [await anOrder(undefined, product), await anOrder(undefined, product)]
    await staffMoves(one, 'Shipped')
    const messages = await socket.gets(3)
    expect(messages.map(({ status, order: { id } }) => [status, id])).toEqual([
      ['Pending', one.id],
      ['Pending', two.id],
      ['Shipped', one.id],
    ])
  })

  it('receive nothing after a demotion', async () => {
    const former = await someStaff()
    const socket = await listenAsStaff(former.access)
    await anOrder(undefined, product)
    await socket.gets(1)
    await env.DB.prepare('UPDATE users SET is_staff = 0 WHERE id = ?').bind(former.id).run()
    await anOrder(undefined, product)
    expect(await socket.ends()).toEqual({ code: 4403, reason: 'not_staff' })
    expect(socket.messages).toHaveLength(1)
  })
})

describe('nothing is lost', () => {
  it('when no wake arrives: the minute job sends one', async () => {
    const ann = await aCustomer()
    const socket = await listen(ann.access)
    await ann.adds(product)
    const ORDER_STREAMS = {
      getByName: () => ({ wake: () => Promise.reject(new Error('Network connection lost.')) }),
    } as unknown as typeof env.ORDER_STREAMS
    const ctx = createExecutionContext()
    const headers = { Authorization: `Bearer ${ann.access}` }
    const placed = await app.fetch(
      new Request(`${ORIGIN}/api/orders/`, { method: 'POST', headers }),
      { ...env, ORDER_STREAMS },
      ctx,
    )
    await waitOnExecutionContext(ctx)
    expect([placed.status, socket.messages]).toEqual([201, []])
    await worker.scheduled(createScheduledController({ cron: '* * * * *' }), env)
    expect(await socket.gets(1)).toMatchObject([{ status: 'Pending' }])
  })

  it('when the object is evicted: its sockets stay, with their positions', async () => {
    const ann = await aCustomer()
    const socket = await listen(ann.access)
    const order = await anOrder(ann, product)
    await socket.gets(1)
    await evictDurableObject(streamOf(env.ORDER_STREAMS, { user_id: ann.id }))
    await staffMoves(order, 'Shipped')
    expect((await socket.gets(2)).map(({ status }) => status)).toEqual(['Pending', 'Shipped'])
  })

  it('when wakes come twice or simultaneously', async () => {
    const ann = await aCustomer()
    const socket = await listen(ann.access)
    const { id } = await anOrder(ann, product)
    await insertEvents(ann.id, id, 20)
    const stream = streamOf(env.ORDER_STREAMS, { user_id: ann.id })
    await Promise.all(Array.from({ length: 10 }, () => stream.wake()))
    await socket.gets(21)
    expect(socket.ids).toEqual(await eventIdsOf(ann.id))
  })
})

describe('while D1 cannot be reached, a stream', () => {
  it('keeps a listener with a position, which then gets what it missed', async () => {
    const ann = await aCustomer()
    const order = await anOrder(ann, product)
    const since = await newestId(ann.id)
    const socket = await throughD1(ann, outOfReach, async (stream) => {
      const listening = await listen(ann.access, { since })
      await insertEvents(ann.id, order.id, 1)
      await stream.wake()
      return listening
    })
    expect(socket.messages).toEqual([])
    await runDurableObjectAlarm(streamOf(env.ORDER_STREAMS, { user_id: ann.id }))
    await socket.gets(1)
    expect(socket.ids).toEqual([await newestId(ann.id)])
  })

  it('closes a listener without a position', async () => {
    const ann = await aCustomer()
    const socket = await throughD1(ann, outOfReach, () => listen(ann.access))
    expect(await socket.ends()).toEqual({ code: 1013, reason: 'reconnect' })
    const headers = { Accept: 'text/event-stream' }
    const answer = await throughD1(ann, outOfReach, () =>
      get('/api/orders/events/', { token: ann.access, headers }),
    )
    expect(answer).toBeProblem(503, 'temporarily_unavailable')
  })
})

describe('a token', () => {
  it.each([
    ['that is missing', () => undefined],
    ['that is none', () => 'garbage'],
    ['that has run out', (ann: Person) => expiringIn(-1, ann)],
    ['that is for refreshing', (ann: Person) => ann.refresh],
  ])('%s is refused with 4401', async (_, tokenOf) => {
    const token = await tokenOf(await aCustomer())
    const socket = await listen(token)
    expect([await socket.ends(), socket.protocol]).toEqual([
      { code: 4401, reason: 'token_invalid' },
      'kiosk.v1',
    ])
    const Accept = 'text/event-stream'
    const answer = await get('/api/orders/events/', { headers: { Accept }, ...(token && { token }) })
    expect(answer).toBeProblem(401, token === undefined ? 'token_missing' : 'token_invalid')
  })

  it('of a session that has ended is refused with 4401', async () => {
    const ann = await aCustomer()
    await ann.call('DELETE', `/api/users/sessions/${ann.session_id}/`)
    const socket = await listen(ann.access, { since: 0 })
    expect(await socket.ends()).toEqual({ code: 4401, reason: 'token_revoked' })
    const headers = { Accept: 'text/event-stream' }
    expect(await get('/api/orders/events/', { token: ann.access, headers })).toBeProblem(401, 'token_revoked')
  })

  it('of a customer is refused by the stream of staff with 4403', async () => {
    const ann = await aCustomer()
    expect(await (await listenAsStaff(ann.access)).ends()).toEqual({ code: 4403, reason: 'not_staff' })
    const headers = { Accept: 'text/event-stream' }
    expect(await get('/api/admin/orders/events/', { token: ann.access, headers })).toBeProblem(
      403,
      'not_staff',
    )
  })

  it('may come in a header, where one can be set', async () => {
    const ann = await aCustomer()
    const socket = await listen(undefined, {
      protocols: [],
      headers: { Authorization: `Bearer ${ann.access}` },
    })
    await anOrder(ann, product)
    await socket.gets(1)
    expect(socket.protocol).toBeNull()
  })

  it('ends the connection when it expires, unless another of the same account came before', async () => {
    const ann = await aCustomer()
    const [left, stayed] = [await listen(await expiringIn(5, ann)), await listen(await expiringIn(5, ann))]
    stayed.send({ type: 'auth', access: ann.access })
    expect(await left.ends()).toEqual({ code: 4401, reason: 'token_expired' })
    await anOrder(ann, product)
    expect(await stayed.gets(1)).toHaveLength(1)
    expect(stayed.closed).toBeUndefined()
  })

  it('of another session keeps the connection open when the first session ends', async () => {
    const ann = await aCustomer()
    const order = await anOrder(ann, product)
    const socket = await listen(ann.access)
    const other = await loggedIn(ann.id, 0)
    let [isAsked, isAnswered] = [false, false]
    const slow: Parameters<typeof d1Through>[1] = async (statements, session) => {
      isAsked = true
      await vi.waitUntil(() => isAnswered, 10_000)
      return session.batch(statements)
    }
    await throughD1(ann, slow, async (stream) => {
      const woken = stream.wake()
      await vi.waitUntil(() => isAsked, 10_000)
      // The object has asked about the first session, and reads the result when there is another.
      socket.send({ type: 'auth', access: other.access })
      await pause(100)
      await env.DB.prepare('UPDATE sessions SET revoked_at = 1 WHERE id = ?').bind(ann.session_id).run()
      isAnswered = true
      await woken
    })
    await insertEvents(ann.id, order.id, 1)
    await streamOf(env.ORDER_STREAMS, { user_id: ann.id }).wake()
    expect(await socket.gets(1)).toHaveLength(1)
  })

  it('cannot be replaced by one of another account, or by none', async () => {
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    for (const access of [bob.access, ann.refresh, undefined]) {
      const socket = await listen(ann.access)
      socket.send({ type: 'auth', access })
      expect(await socket.ends()).toEqual({ code: 4401, reason: 'token_invalid' })
    }
  })

  it.each([
    [
      'log-out',
      async (ann: Person) => {
        await ann.call('POST', '/api/users/logout/', { body: { refresh: ann.refresh } })
      },
    ],
    [
      'reuse of a refresh token',
      async (ann: Person) => {
        await env.DB.prepare(
          'UPDATE sessions SET counter = 5, refreshed_at = refreshed_at - 60000 WHERE id = ?',
        )
          .bind(ann.session_id)
          .run()
        await post('/api/token/refresh/', { refresh: ann.refresh })
      },
    ],
    [
      'ending the session from elsewhere',
      async (ann: Person) => {
        const { access: token } = await loggedIn(ann.id, 0)
        await ann.call('DELETE', `/api/users/sessions/${ann.session_id}/`, { token })
      },
    ],
  ])('goes with its session: %s ends the connection', async (_, end) => {
    const ann = await aCustomer()
    const socket = await listen(ann.access)
    await end(ann)
    expect(await socket.ends()).toEqual({ code: 4401, reason: 'token_revoked' })
  })

  it('is never logged', async () => {
    const lines: unknown[] = []
    for (const level of ['log', 'info', 'warn', 'error'] as const)
      vi.spyOn(console, level).mockImplementation((...line) => void lines.push(...line))
    const ann = await aCustomer()
    await listen(ann.access)
    await (await listen('bearer-of-nothing')).ends()
    vi.restoreAllMocks()
    const text = lines.map(String).join('\n')
    expect(text).toContain('/api/orders/events')
    expect(text).not.toContain(ann.access)
    expect(text).not.toContain('bearer-of-nothing')
  })
})

describe('a message from a client', () => {
  it('that is a ping is answered', async () => {
    const socket = await listen((await aCustomer()).access)
    socket.send({ type: 'ping' })
    expect(await socket.hears()).toBe('{"type":"pong"}')
  })

  it.each([
    ['too long', 'x'.repeat(5000), 1009],
    ['no JSON', 'hello', 1008],
    ['no object with a type', '[1]', 1008],
  ])('that is %s ends the connection', async (_, message, code) => {
    const socket = await listen((await aCustomer()).access)
    socket.send(message)
    expect(await socket.ends()).toMatchObject({ code })
  })

  it('that is a ping with other white space is answered, too', async () => {
    const socket = await listen((await aCustomer()).access)
    socket.send('{ "type": "ping" }')
    expect(await socket.hears()).toBe('{"type":"pong"}')
  })

  it('of an unknown type is ignored, a few times', async () => {
    const ann = await aCustomer()
    const socket = await listen(ann.access)
    for (let n = 0; n < 10; n += 1) socket.send({ type: 'news', access: n })
    await anOrder(ann, product)
    expect(await socket.gets(1)).toHaveLength(1)
    socket.send({ type: 'news' })
    expect(await socket.ends()).toMatchObject({ code: 1008 })
  })
})

describe('Server-Sent Events', () => {
  async function stream(token: string, headers: Record<string, string> = {}, path = '/api/orders/events/') {
    const response = await exports.default.fetch(
      new Request(ORIGIN + path, {
        headers: { Accept: 'text/event-stream', Authorization: `Bearer ${token}`, ...headers },
      }),
    )
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    /** Reads until there are this many events, or the end. */
    const gets = async (count: number): Promise<string> => {
      while (text.split('\n\n').length <= count) {
        const { value, done } = await reader.read()
        if (done) break
        text += value
      }
      return text
    }
    return {
      response,
      gets,
      cancel: () => reader.cancel(),
    }
  }

  it('are the same stream', async () => {
    const ann = await aCustomer()
    const events = await stream(ann.access)
    const order = await anOrder(ann, product)
    await staffMoves(order, 'Shipped')
    const [first, second] = (await events.gets(2)).split('\n\n')
    expect(events.response.headers.get('Content-Type')).toBe('text/event-stream')
    expect(events.response.headers.get('Cache-Control')).toBe('no-store')
    const [id, type, data] = first!.split('\n')
    const message = JSON.parse(data!.slice('data: '.length))
    expect([id, type]).toEqual([`id: ${message.id}`, 'event: order.created'])
    expect(message).toMatchObject({ type: 'order.created', status: 'Pending', order: { id: order.id } })
    expect(second).toContain('"status":"Shipped"')
    await events.cancel()
  })

  it('begin with the start position, with since=now', async () => {
    const ann = await aCustomer()
    await anOrder(ann, product)
    const id = await newestId(ann.id)
    const events = await stream(ann.access, {}, '/api/orders/events/?since=now')
    expect(await events.gets(1)).toBe(
      `id: ${id}\nevent: listening\ndata: {"id":${id},"type":"listening"}\n\n`,
    )
    await events.cancel()
  })

  it('continue after Last-Event-ID', async () => {
    const ann = await aCustomer()
    const order = await anOrder(ann, product)
    const seen = await newestId(ann.id)
    await staffMoves(order, 'Shipped')
    const events = await stream(ann.access, { 'Last-Event-ID': String(seen) }, '/api/orders/events/?since=0')
    const text = await events.gets(1)
    expect(text.match(/^id:/gm)).toHaveLength(1)
    expect(text).toContain('"status":"Shipped"')
    await events.cancel()
  })

  it('reach a slow reader completely, in pages', async () => {
    const ann = await aCustomer()
    const { id } = await anOrder(ann, product)
    await insertEvents(ann.id, id, 450)
    const events = await stream(ann.access, {}, '/api/orders/events/?since=0')
    const text = await events.gets(451)
    expect([...text.matchAll(/^id: (\d+)/gm)].map(([, each]) => Number(each))).toEqual(
      await eventIdsOf(ann.id),
    )
    await events.cancel()
  })

  it('read the log only when something is new', async () => {
    const ann = await aCustomer()
    const order = await anOrder(ann, product)
    let trips = 0
    const counted: Parameters<typeof d1Through>[1] = (statements, session) => {
      trips += 1
      return session.batch(statements)
    }
    await throughD1(ann, counted, async (object) => {
      const events = await stream(ann.access)
      for (let count = 1; count <= 3; count += 1) {
        await insertEvents(ann.id, order.id, 1)
        await object.wake()
        await events.gets(count)
      }
      await pause(100)
      await events.cancel()
    })
    expect(trips).toBe(1 + 3)
  })

  it('end with token_expired when the token expires', async () => {
    const ann = await aCustomer()
    const events = await stream(await expiringIn(2, ann))
    expect(await events.gets(99)).toBe('event: token_expired\ndata: {}\n\n')
  })

  it('are for staff, too', async () => {
    const events = await stream(owner.access, {}, '/api/admin/orders/events/')
    const { id } = await anOrder(undefined, product)
    expect(await events.gets(1)).toContain(`"order":{"id":${id},`)
    await events.cancel()
  })
})

describe('a connection', () => {
  it.each([{ Accept: 'text/event-stream' }, { Upgrade: 'websocket' }])(
    'has an X-Request-Id: %o',
    async (headers) => {
      for (const path of ['/api/orders/events/', '/api/admin/orders/events/']) {
        const answer = await exports.default.fetch(
          new Request(ORIGIN + path, { headers: { Authorization: `Bearer ${owner.access}`, ...headers } }),
        )
        expect(answer.headers.get('X-Request-Id')).toMatch(/^[\w-]{20,}$/)
        await answer.body?.cancel()
      }
    },
  )
})

it.each([
  [503, { retryable: true }],
  [503, { overloaded: true }],
  [500, { remote: true }],
])('a connection is answered with %d if its object fails with %o', async (status, properties) => {
  const fetch = () => Promise.reject(Object.assign(new Error('failed'), properties))
  const request = new Request(`${ORIGIN}/api/admin/orders/events/`, {
    headers: { Accept: 'text/event-stream', Authorization: `Bearer ${owner.access}` },
  })
  const bindings = { ...env, ORDER_STREAMS: { getByName: () => ({ fetch }) } as never }
  const answer = await app.fetch(request, bindings, createExecutionContext())
  expect([answer.status, answer.headers.has('Retry-After')]).toEqual([status, status === 503])
})

describe('a request that is neither', () => {
  it.each(['/api/orders/events/', '/api/admin/orders/events/', '/api/orders/events'])(
    'is told to upgrade: %s',
    async (path) => {
      const answer = await get(path, { token: owner.access })
      expect(answer).toBeProblem(426, 'upgrade_required')
      expect(answer.headers.get('Upgrade')).toBe('websocket')
    },
  )

  it.each(['-1', 'x', '1.5'])('since %s is refused', async (since) => {
    const answer = await get(`/api/orders/events/?since=${since}`, { token: owner.access })
    expect(answer).toMatchObject({ status: 400, body: { errors: { since: [expect.any(String)] } } })
  })

  it('comes from an origin that is neither the shop nor on the list', async () => {
    const ann = await aCustomer()
    const from = (Origin: string, SHOP_URL = '') =>
      app.fetch(
        new Request(`${ORIGIN}/api/orders/events/`, {
          headers: {
            Upgrade: 'websocket',
            'Sec-WebSocket-Protocol': `kiosk.v1, bearer.${ann.access}`,
            Origin,
          },
        }),
        { ...env, ALLOWED_ORIGINS: 'https://one.example', SHOP_URL },
        createExecutionContext(),
      )
    expect((await from('https://one.example')).status).toBe(101)
    // The shop's own pages, at the host of the request and, behind a proxy that sends another, at SHOP_URL.
    for (const own of [ORIGIN, 'https://public.example'])
      expect((await from(own, 'https://public.example/')).status).toBe(101)
    const refusal = await from('https://two.example')
    expect([refusal.status, await refusal.json()]).toMatchObject([403, { code: 'origin_not_allowed' }])
  })
})
