import { createScheduledController, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it, vi } from 'vitest'
import worker from '../../src/index.ts'
import { runHourly } from '../../src/maintenance/hourly.ts'
import { Db } from '../../src/db/client.ts'
import { D1Session } from '../../src/db/d1-session.ts'
import { PAUSE_MILLISECONDS } from '../../src/events/reader.ts'
import { readNext } from '../../src/webhooks/make-deliveries.ts'
import {
  aCustomer,
  anOrder,
  aProduct,
  aRegisteredCustomer,
  PASSWORD,
  simultaneously,
  staffMoves,
  theOwner,
} from '../shop.ts'
import {
  anEndpoint,
  deliver,
  deliverDaysLater,
  deliveriesOf,
  deliverLater,
  type Endpoint,
  nextAlarm,
  objectOf,
  receiverDoes,
  receiveWebhooks,
  stateOf,
} from './receiver.ts'

receiveWebhooks()

const typesTo = ({ taken }: Endpoint) => taken.map(({ type }) => type)
const fails = (endpoint: Endpoint, status = 500) =>
  receiverDoes(endpoint, () => new Response('no', { status }))
const recovers = (endpoint: Endpoint) => receiverDoes(endpoint, () => new Response())

/** The number of attempts of each message, the newest first. */
const attemptsOf = async (endpoint: Endpoint): Promise<number[]> =>
  (await deliveriesOf(endpoint)).map(({ attempts }: { attempts: unknown[] }) => attempts.length)

/** The ids of the endpoints that the stream of staff wakes after an order. */
const wokenByOrders = () =>
  runInDurableObject(env.ORDER_STREAMS.getByName('staff'), (_, { storage }) => storage.kv.get('webhooks'))

/** The entries of the audit log about its deletion. */
const deletionsOf = ({ path }: Endpoint) =>
  env.DB.prepare(`SELECT count(*) AS count FROM audit_log WHERE method = 'DELETE' AND path = ?`)
    .bind(path.slice(0, -1))
    .first('count')

const endObject = (endpoint: Endpoint) =>
  runInDurableObject(objectOf(endpoint), (_, state) => state.abort('crash')).catch(() => {})

/** D1 does what records the messages, and its answer is lost. */
async function losingTheAnswer(act: () => Promise<unknown>): Promise<void> {
  const run = D1Session.prototype.batch
  const batch = vi.spyOn(D1Session.prototype, 'batch').mockImplementation(async function (
    this: D1Session,
    statements,
  ) {
    const results = await run.call(this, statements)
    if (statements.some(({ sql }) => sql.includes('INSERT INTO webhook_attempts'))) throw new Error('lost')
    return results
  })
  await act()
  batch.mockRestore()
}

async function twoEvents() {
  const order = await anOrder()
  await staffMoves(order, 'Shipped')
  return order
}

describe('an endpoint', () => {
  it('gets every event of an order once and in order, with the order as staff see it', async () => {
    const endpoint = await anEndpoint()
    const order = await twoEvents()
    await staffMoves(order, 'Delivered')
    await simultaneously(5, () => objectOf(endpoint).wake(endpoint.id))
    await deliver(endpoint)
    await deliver(endpoint)
    expect(typesTo(endpoint)).toEqual(['order.placed', 'order.shipped', 'order.delivered'])
    const { body } = await (await theOwner()).call('GET', `/api/admin/orders/${order.id}/`)
    expect(endpoint.taken.at(-1)).toMatchObject({ data: { order: body } })
    expect(new Set(endpoint.taken.map(({ id }) => id)).size).toBe(3)
  })

  it('gets an event without being asked for, as the stream of staff wakes it', async () => {
    const endpoint = await anEndpoint()
    await expect.poll(wokenByOrders).toEqual([endpoint.id])
    await anOrder()
    await vi.waitFor(() => expect(typesTo(endpoint)).toEqual(['order.placed']), 20_000)
  })

  it('is woken by the minute job if a wake was lost', async () => {
    const endpoint = await anEndpoint()
    await env.ORDER_STREAMS.getByName('staff').setWebhooks([])
    await anOrder()
    await worker.scheduled(createScheduledController({ cron: '* * * * *', scheduledTime: new Date() }), env)
    await vi.waitFor(() => expect(typesTo(endpoint)).toEqual(['order.placed']), 20_000)
  })

  it('is woken by the minute job even if the stream of staff cannot answer', async () => {
    const endpoint = await anEndpoint()
    await env.ORDER_STREAMS.getByName('staff').setWebhooks([])
    await anOrder()
    const setWebhooks = () => Promise.reject(new Error('Durable Object is overloaded.'))
    const ORDER_STREAMS = { getByName: () => ({ wake: () => Promise.resolve(), setWebhooks }) }
    const controller = createScheduledController({ cron: '* * * * *', scheduledTime: new Date() })
    await worker.scheduled(controller, { ...env, ORDER_STREAMS: ORDER_STREAMS as never })
    await vi.waitFor(() => expect(typesTo(endpoint)).toEqual(['order.placed']), 20_000)
  })

  it('gets only the types that it has chosen, and nothing from before it was made', async () => {
    await anOrder()
    const endpoint = await anEndpoint({ types: ['order.cancelled'] })
    const ann = await aCustomer()
    await ann.cancels(await anOrder(ann))
    await deliver(endpoint)
    expect(typesTo(endpoint)).toEqual(['order.cancelled'])
  })

  it('hears once of each fall of a stock to its threshold', async () => {
    const endpoint = await anEndpoint({ types: ['product.low_stock'] })
    const owner = await theOwner()
    const product = await aProduct({ stock: 6, low_stock: 4, name: 'Lamp' })
    await anOrder(undefined, product, 1) // 5
    await anOrder(undefined, product, 1) // 4: low
    await anOrder(undefined, product, 1) // 3
    await owner.call('PATCH', `/api/admin/products/${product.id}/`, { body: { stock_delta: 5 } })
    await owner.call('PATCH', `/api/admin/products/${product.id}/`, { body: { stock_delta: -8 } }) // 0: low
    await deliver(endpoint)
    expect(endpoint.taken.map(({ data }) => data.product)).toEqual(
      [4, 0].map((stock) => ({ id: product.id, name: 'Lamp', sku: null, stock, low_stock: 4 })),
    )
  })

  it('with a long log before it reads all of it', async () => {
    const endpoint = await anEndpoint({ types: ['order.placed'] })
    const product = await aProduct({ stock: 1000 })
    const ann = await aCustomer()
    for (let n = 0; n < 45; n += 1) await anOrder(ann, product)
    await deliver(endpoint)
    const ids = endpoint.taken.map(({ data }) => data.order.id as number)
    expect(ids).toHaveLength(45)
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
  })

  it('costs D1 three round trips a run, however many messages it sends', async () => {
    const endpoint = await anEndpoint()
    await deliver(endpoint)
    await env.ORDER_STREAMS.getByName('staff').setWebhooks([])
    for (let n = 0; n < 6; n += 1) await anOrder()
    const round_trips = vi.spyOn(D1Session.prototype, 'batch')
    await deliver(endpoint)
    expect(typesTo(endpoint)).toHaveLength(6)
    expect(round_trips.mock.calls.length).toBeGreaterThanOrEqual(3)
    expect(round_trips.mock.calls.length).toBeLessThanOrEqual(3 + 1) // a run in which there is nothing
    round_trips.mockRestore()
  })

  it('rests after a run, so that many wakes make one run', async () => {
    const endpoint = await anEndpoint()
    const before = Date.now()
    await deliver(endpoint)
    await runInDurableObject(objectOf(endpoint), async (object, { storage }) => {
      const alarms = vi.spyOn(storage, 'setAlarm')
      for (let n = 0; n < 5; n += 1) await object.wake()
      expect(alarms).toHaveBeenCalledOnce()
      expect(alarms.mock.calls[0]![0]).toBeGreaterThanOrEqual(before + PAUSE_MILLISECONDS)
      alarms.mockRestore()
    })
    await anOrder()
    await vi.waitFor(() => expect(typesTo(endpoint)).toEqual(['order.placed']), 20_000)
  })

  it('is told of a list of the wrong type, and not of its length as well', async () => {
    const { path } = await anEndpoint()
    const answer = await (await theOwner()).call('PATCH', path, { body: { types: 'order.placed' } })
    expect(answer.body.error_codes).toEqual({ types: [{ code: 'wrong_type', expected: 'array' }] })
  })

  it('gets one message of an event that two runs have read', async () => {
    const endpoint = await anEndpoint({ types: ['order.placed', 'product.low_stock'] })
    await env.ORDER_STREAMS.getByName('staff').setWebhooks([])
    await anOrder(undefined, await aProduct({ stock: 2, low_stock: 1 }))
    const run = () => readNext(new Db(env.DB), endpoint.id, Date.now(), [])
    await Promise.all([run(), run()])
    const types = (await deliveriesOf(endpoint)).map(({ type }: { type: string }) => type)
    expect(types.toSorted()).toEqual(['order.placed', 'product.low_stock'])
  })

  it('rests after a run even if a message is due sooner', async () => {
    const endpoint = await anEndpoint()
    fails(endpoint)
    await anOrder()
    await deliver(endpoint)
    const before = Date.now()
    await env.DB.prepare('UPDATE webhooks SET next_at = ?')
      .bind(before + 1000)
      .run()
    await runDurableObjectAlarm(objectOf(endpoint))
    expect(await nextAlarm(endpoint)).toBeGreaterThanOrEqual(before + PAUSE_MILLISECONDS)
  })

  it('gets nothing of a customer whose account is deleted while the message is made', async () => {
    const endpoint = await anEndpoint()
    const ann = await aRegisteredCustomer()
    await ann.cancels(await anOrder(ann))
    const run = D1Session.prototype.batch
    const batch = vi.spyOn(D1Session.prototype, 'batch').mockImplementation(async function (
      this: D1Session,
      statements,
    ) {
      if (statements.some(({ sql }) => sql.includes('INSERT INTO webhook_deliveries'))) {
        batch.mockRestore()
        const deleted = await ann.call('DELETE', '/api/users/profile/', { body: { password: PASSWORD } })
        expect(deleted.status).toBe(204)
      }
      return run.call(this, statements)
    })
    await deliver(endpoint)
    expect(endpoint.taken.map(({ data }) => [data.order.user, data.order.ship_to.name])).toEqual([
      ['', ''],
      ['', ''],
    ])
  })

  it.each([200, 500])(
    'that answers %i repeats nothing of a customer whose account is deleted meanwhile',
    async (status) => {
      const endpoint = await anEndpoint()
      const ann = await aRegisteredCustomer()
      await ann.cancels(await anOrder(ann))
      receiverDoes(endpoint, async ({ data }) => {
        if (data.order.user === ann.email)
          await ann.call('DELETE', '/api/users/profile/', { body: { password: PASSWORD } })
        return new Response(`Order of ${data.order.user}`, { status })
      })
      await deliver(endpoint)
      expect(endpoint.calls[0]!.body).toContain(ann.email)
      const { results } = await env.DB.prepare('SELECT DISTINCT status, answer FROM webhook_attempts').all()
      expect(results).toEqual([{ status, answer: '' }])
    },
  )

  it('that is paused gets nothing, and what it missed afterwards', async () => {
    const endpoint = await anEndpoint()
    const owner = await theOwner()
    await owner.call('PATCH', endpoint.path, { body: { active: false } })
    await twoEvents()
    await deliver(endpoint)
    expect(endpoint.calls).toEqual([])
    await owner.call('PATCH', endpoint.path, { body: { active: true } })
    await deliver(endpoint)
    expect(typesTo(endpoint)).toEqual(['order.placed', 'order.shipped'])
  })
})

describe('while a receiver fails', () => {
  it.each([
    ['answers 500', () => new Response('broken', { status: 500 }), { status: 500, answer: 'broken' }],
    [
      'redirects to a private address',
      () => new Response(null, { status: 302, headers: { Location: 'http://127.0.0.1/' } }),
      { status: 302, error: 'Redirects are not followed.' },
    ],
    [
      'cannot be reached',
      () => {
        throw new Error('Network connection lost.')
      },
      { status: null, error: 'Network connection lost.' },
    ],
  ] as [string, () => Response, object][])(
    'as it %s, later events wait, and all come in order',
    async (_, answers, attempt) => {
      const endpoint = await anEndpoint()
      receiverDoes(endpoint, answers)
      await twoEvents()
      await deliver(endpoint)
      await deliver(endpoint) // a wake is no reason to try sooner
      expect(endpoint.calls).toHaveLength(1)
      expect(await deliveriesOf(endpoint)).toMatchObject([
        { type: 'order.shipped', state: 'waiting', attempts: [] },
        { type: 'order.placed', state: 'waiting', attempts: [attempt] },
      ])
      expect(await stateOf(endpoint)).toMatchObject({ failures: 1, waiting: 2, next_at: expect.any(String) })
      recovers(endpoint)
      await deliverLater(endpoint)
      expect(typesTo(endpoint)).toEqual(['order.placed', 'order.shipped'])
      const [first, second] = endpoint.calls
      expect(second!.headers.get('webhook-id')).toBe(first!.headers.get('webhook-id'))
      expect(second!.body).toBe(first!.body)
      expect(await stateOf(endpoint)).toMatchObject({ failures: 0, waiting: 0, next_at: null })
    },
  )

  it('by not answering, it is given up after 15 seconds, and no order waits for it', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
      const controller = new AbortController()
      if (milliseconds === 15_000)
        setTimeout(() => controller.abort(new Error('The operation timed out.')), 1)
      return controller.signal
    })
    const endpoint = await anEndpoint()
    receiverDoes(endpoint, () => new Promise(() => {}))
    await twoEvents()
    await deliver(endpoint)
    timeout.mockRestore()
    expect((await deliveriesOf(endpoint))[1].attempts).toMatchObject([
      { status: null, error: 'The operation timed out.' },
    ])
    recovers(endpoint)
    await deliverLater(endpoint)
    expect(typesTo(endpoint)).toEqual(['order.placed', 'order.shipped'])
  })

  it('attempts follow the schedule of Standard Webhooks', async () => {
    const endpoint = await anEndpoint()
    fails(endpoint)
    await anOrder()
    const seconds: number[] = []
    for (let attempt = 0; attempt < 11; attempt += 1) {
      const before = Date.now()
      await deliverLater(endpoint)
      seconds.push(((await nextAlarm(endpoint))! - before) / 1000)
    }
    const hour = 3600
    const schedule = [5, 300, 1800, ...[2, 5, 10, 14, 20, 24, 24, 24].map((hours) => hours * hour)]
    for (const [index, delay] of schedule.entries()) {
      expect(seconds[index]).toBeGreaterThan(delay * 0.9 - 1)
      expect(seconds[index]).toBeLessThan(delay * 1.1 + 5)
    }
  })

  it.each([
    ['7200', 7200],
    [() => new Date(Date.now() + 7_200_000).toUTCString(), 7200],
    ['99999999', 86_400],
    ['soon', 5],
  ] as [string | (() => string), number][])(
    'with Retry-After: %s, it is left alone as long',
    async (after, delay) => {
      const endpoint = await anEndpoint()
      const value = typeof after === 'string' ? after : after()
      receiverDoes(endpoint, () => new Response(null, { status: 429, headers: { 'Retry-After': value } }))
      await anOrder()
      const before = Date.now()
      await deliver(endpoint)
      const seconds = ((await nextAlarm(endpoint))! - before) / 1000
      expect(seconds).toBeGreaterThan(delay * 0.9 - 2)
      expect(seconds).toBeLessThan(delay * 1.1 + 5)
    },
  )

  it('for three days, messages are parked one by one, and those that it takes are not', async () => {
    const endpoint = await anEndpoint()
    receiverDoes(endpoint, ({ type }) => new Response(null, { status: type === 'order.shipped' ? 200 : 500 }))
    await twoEvents()
    await deliver(endpoint)
    expect(typesTo(endpoint)).toEqual([])
    await deliverDaysLater(endpoint)
    expect(typesTo(endpoint)).toEqual(['order.shipped'])
    expect(await stateOf(endpoint)).toMatchObject({ parked: 1, waiting: 0, failures: 0 })
    const [parked] = await deliveriesOf(endpoint, '?state=parked')
    expect(parked).toMatchObject({ type: 'order.placed', attempts: [{ status: 500 }, { status: 500 }] })

    const owner = await theOwner()
    const again = () => owner.call('POST', `/api/admin/webhooks/deliveries/${parked.id}/send-again/`)
    expect(await again()).toMatchObject({ status: 202, body: { state: 'asked' } })
    await deliver(endpoint)
    expect(await stateOf(endpoint)).toMatchObject({ parked: 1, failures: 0 })
    recovers(endpoint)
    await again()
    await deliver(endpoint)
    expect(endpoint.taken.at(-1)).toMatchObject({ type: 'order.placed', id: parked.message_id })
    expect(await stateOf(endpoint)).toMatchObject({ parked: 0 })
  })

  it('a message that staff send again ends its delay only if the message waits', async () => {
    const endpoint = await anEndpoint()
    await anOrder()
    await deliver(endpoint)
    const [delivered] = await deliveriesOf(endpoint)
    fails(endpoint)
    await anOrder()
    await deliver(endpoint)
    const { next_at } = await stateOf(endpoint)
    const [waiting] = await deliveriesOf(endpoint, '?state=waiting')
    const owner = await theOwner()
    const again = ({ id }: { id: number }) =>
      owner.call('POST', `/api/admin/webhooks/deliveries/${id}/send-again/`)
    await again(delivered)
    await deliver(endpoint)
    expect(await stateOf(endpoint)).toMatchObject({ next_at, failures: 1 })
    await again(waiting)
    await deliver(endpoint)
    expect(await stateOf(endpoint)).toMatchObject({ failures: 2 })
  })

  it('with 410, it gets nothing more until staff make it active', async () => {
    const endpoint = await anEndpoint()
    fails(endpoint, 410)
    await twoEvents()
    await deliver(endpoint)
    await deliverLater(endpoint)
    expect(endpoint.calls).toHaveLength(1)
    expect(await stateOf(endpoint)).toMatchObject({ active: false, gone: true, waiting: 2 })
    expect(await wokenByOrders()).not.toContain(endpoint.id)
    recovers(endpoint)
    const { body } = await (await theOwner()).call('PATCH', endpoint.path, { body: { active: true } })
    expect(body).toMatchObject({ active: true, gone: false })
    await deliver(endpoint)
    expect(typesTo(endpoint)).toEqual(['order.placed', 'order.shipped'])
  })

  it('no other endpoint waits for it', async () => {
    const [broken, sound] = [await anEndpoint(), await anEndpoint()]
    fails(broken)
    await anOrder()
    await Promise.all([deliver(broken), deliver(sound)])
    expect([typesTo(broken), typesTo(sound)]).toEqual([[], ['order.placed']])
  })
})

describe('an object that ends', () => {
  it('between sending and remembering sends the same message again, and loses none', async () => {
    const endpoint = await anEndpoint()
    await twoEvents()
    await twoEvents()
    receiverDoes(endpoint, async (message) => {
      if (message.type === 'order.shipped') {
        recovers(endpoint)
        endpoint.taken.push(message)
        await endObject(endpoint)
      }
      return new Response()
    })
    await deliver(endpoint).catch(() => {})
    await deliver(endpoint)
    const pair = ['order.placed', 'order.shipped']
    expect(typesTo(endpoint)).toEqual([...pair, 'order.shipped', ...pair])
    expect(endpoint.taken[2]!.id).toBe(endpoint.taken[1]!.id)
    expect(await attemptsOf(endpoint)).toEqual([1, 1, 1, 1])
  })

  it('or fails before it has recorded what it sent repeats no message, and loses none', async () => {
    const endpoint = await anEndpoint()
    await env.DB.exec(
      `CREATE TRIGGER crash BEFORE INSERT ON webhook_attempts BEGIN SELECT RAISE(ABORT, 'crash'); END`,
    )
    await twoEvents()
    await deliver(endpoint)
    expect(await attemptsOf(endpoint)).toEqual([0, 0])
    expect(await nextAlarm(endpoint)).toBeGreaterThan(Date.now())
    await env.DB.exec('DROP TRIGGER crash')
    await endObject(endpoint)
    await staffMoves(await anOrder(), 'Cancelled')
    await deliver(endpoint)
    expect(typesTo(endpoint)).toEqual(['order.placed', 'order.shipped', 'order.placed', 'order.cancelled'])
    expect(await attemptsOf(endpoint)).toEqual([1, 1, 1, 1])
    expect(await stateOf(endpoint)).toMatchObject({ waiting: 0, parked: 0 })
    const storage = await runInDurableObject(objectOf(endpoint), (_, state) => [...state.storage.kv.list()])
    expect(storage.map(([key]) => key)).toEqual(['id']) // what it sent has been forgotten
  })

  it('after it has recorded what it sent records it once, and sends again what staff ask for', async () => {
    const endpoint = await anEndpoint()
    await twoEvents()
    await losingTheAnswer(() => deliver(endpoint))
    const [, first] = await deliveriesOf(endpoint)
    expect(await attemptsOf(endpoint)).toEqual([1, 1])
    await (await theOwner()).call('POST', `/api/admin/webhooks/deliveries/${first.id}/send-again/`)
    await deliver(endpoint)
    expect(typesTo(endpoint)).toEqual(['order.placed', 'order.shipped', 'order.placed'])
    expect(await attemptsOf(endpoint)).toEqual([1, 2])
  })

  it('after it has recorded what it sent waits on with a message that failed', async () => {
    const endpoint = await anEndpoint()
    receiverDoes(endpoint, ({ type }) => new Response(null, { status: type === 'order.placed' ? 204 : 500 }))
    await twoEvents()
    await losingTheAnswer(() => deliver(endpoint))
    const before = await stateOf(endpoint)
    expect(before.failures).toBe(1)
    await deliver(endpoint)
    expect(await stateOf(endpoint)).toEqual(before)
    expect(typesTo(endpoint)).toEqual(['order.placed'])
  })

  it('before a restore takes no other message for one that it has sent', async () => {
    const endpoint = await anEndpoint()
    await env.DB.exec(
      `CREATE TRIGGER crash BEFORE INSERT ON webhook_attempts BEGIN SELECT RAISE(ABORT, 'crash'); END`,
    )
    await anOrder()
    await deliver(endpoint)
    await env.DB.exec('DROP TRIGGER crash')
    await env.DB.exec(`UPDATE webhook_deliveries SET message_id = 'msg_after_the_restore'`)
    await deliver(endpoint)
    expect(endpoint.taken.map(({ id }) => id)).toEqual([expect.any(String), 'msg_after_the_restore'])
  })
})

it('the next alarm is set before a message is sent', async () => {
  const endpoint = await anEndpoint()
  let alarm: number | null = null
  receiverDoes(endpoint, async () => {
    alarm = await nextAlarm(endpoint)
    return new Response()
  })
  await anOrder()
  await deliver(endpoint)
  expect(alarm).not.toBeNull()
})

it('of a huge answer only the beginning is read', async () => {
  const endpoint = await anEndpoint()
  let read = 0
  receiverDoes(endpoint, () => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        read += 1
        controller.enqueue(new TextEncoder().encode('x'.repeat(1000)))
      },
    })
    return new Response(body)
  })
  await anOrder()
  await deliver(endpoint)
  expect((await deliveriesOf(endpoint))[0].attempts[0].answer).toBe('x'.repeat(1024))
  expect(read).toBeLessThan(10)
})

describe('staff', () => {
  it('send a test message, also past messages that wait and to an inactive endpoint', async () => {
    const endpoint = await anEndpoint()
    const owner = await theOwner()
    fails(endpoint)
    await anOrder()
    await deliver(endpoint)
    recovers(endpoint)
    expect(await owner.call('POST', `${endpoint.path}test/`)).toMatchObject({
      status: 202,
      body: { type: 'webhook.test', state: 'asked' },
    })
    await deliver(endpoint)
    expect(typesTo(endpoint)).toEqual(['webhook.test', 'order.placed'])
    await owner.call('PATCH', endpoint.path, { body: { active: false } })
    await owner.call('POST', `${endpoint.path}test/`)
    await anOrder()
    await deliver(endpoint)
    expect(typesTo(endpoint)).toEqual(['webhook.test', 'order.placed', 'webhook.test'])
  })

  it('see the secret once, and never in a list or the audit log', async () => {
    const endpoint = await anEndpoint()
    const owner = await theOwner()
    const { body: rotated } = await owner.call('POST', `${endpoint.path}secret/`)
    expect(endpoint.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(rotated.secret).not.toBe(endpoint.secret)
    await owner.call('PATCH', endpoint.path, { body: { active: true } })
    for (const path of [
      '/api/admin/webhooks/',
      endpoint.path,
      `${endpoint.path}deliveries/`,
      '/api/admin/audit-log/?page_size=100',
    ]) {
      const { text } = await owner.call('GET', path)
      expect(text).not.toContain('whsec_')
      for (const secret of [endpoint.secret, rotated.secret]) expect(text).not.toContain(secret.slice(6, 40))
    }
    expect((await owner.call('GET', '/api/admin/audit-log/')).text).toContain(
      `${endpoint.path}secret`.slice(0, -1),
    )
  })

  it('rotate the secret: for a day both sign, then only the new one', async () => {
    const endpoint = await anEndpoint()
    const old = endpoint.secret
    const { body } = await (await theOwner()).call('POST', `${endpoint.path}secret/`)
    await anOrder()
    await deliver(endpoint) // verified with the old one
    endpoint.secret = body.secret
    expect(endpoint.taken).toHaveLength(1)
    await env.DB.prepare('UPDATE webhooks SET previous_until = 1 WHERE id = ?').bind(endpoint.id).run()
    expect(old).not.toBe(body.secret)
    await anOrder()
    await deliver(endpoint)
    expect(endpoint.calls.map(({ headers }) => headers.get('webhook-signature')!.split(' ').length)).toEqual([
      2, 1,
    ])
  })

  it('rotate the secret again within a day: the secret that the receiver has still signs', async () => {
    const endpoint = await anEndpoint()
    const [owner, known] = [await theOwner(), endpoint.secret]
    const rotate = async () => (await owner.call('POST', `${endpoint.path}secret/`)).body.secret
    await rotate() // its response is lost
    await rotate()
    await anOrder()
    await deliver(endpoint)
    for (let n = 0; n < 8; n += 1) endpoint.secret = await rotate()
    await rotate()
    await anOrder()
    await deliver(endpoint)
    expect(endpoint.taken).toHaveLength(2)
    expect(endpoint.calls.map(({ headers }) => headers.get('webhook-signature')!.split(' ').length)).toEqual([
      3, 10,
    ])
    const { body, headers } = endpoint.calls[1]!
    expect(() => new Webhook(known).verify(body, Object.fromEntries(headers))).toThrow(
      'No matching signature found',
    )
    await env.DB.prepare('UPDATE webhooks SET previous_until = 1 WHERE id = ?').bind(endpoint.id).run()
    endpoint.secret = await rotate()
    await anOrder()
    await deliver(endpoint)
    expect(endpoint.calls[2]!.headers.get('webhook-signature')!.split(' ')).toHaveLength(2)
  })

  it('have at most 20 endpoints', async () => {
    const owner = await theOwner()
    for (let n = 0; n < 20; n += 1) await anEndpoint({ active: false })
    const body = { url: 'https://one-more.example.com', types: ['order.paid'] }
    expect(await owner.call('POST', '/api/admin/webhooks/', { body })).toBeProblem(409, 'too_many_webhooks')
  })

  it('delete an endpoint with its messages and readers', async () => {
    const endpoint = await anEndpoint()
    fails(endpoint)
    await anOrder()
    await deliver(endpoint)
    const owner = await theOwner()
    expect((await owner.call('DELETE', endpoint.path)).status).toBe(204)
    await deliverLater(endpoint)
    expect(endpoint.calls).toHaveLength(1)
    const left = await env.DB.prepare(
      `SELECT (SELECT count(*) FROM webhook_deliveries) + (SELECT count(*) FROM webhook_attempts) +
         (SELECT count(*) FROM event_readers WHERE name IN (?1, ?1 || '-stock')) AS count`,
    )
      .bind(`webhook-${endpoint.id}`)
      .first('count')
    expect(left).toBe(0)
    expect(await owner.call('GET', endpoint.path)).toBeProblem(404, 'not_found')
    expect(await owner.call('GET', `${endpoint.path}deliveries/`)).toBeProblem(404, 'not_found')
    expect(await owner.call('PATCH', endpoint.path, { body: {} })).toBeProblem(404, 'not_found')
    expect(await owner.call('DELETE', endpoint.path)).toBeProblem(404, 'not_found')
    expect(await owner.call('POST', `${endpoint.path}test/`)).toBeProblem(404, 'not_found')
    expect(await owner.call('POST', `${endpoint.path}secret/`)).toBeProblem(404, 'not_found')
    expect(await owner.call('POST', '/api/admin/webhooks/deliveries/1/send-again/')).toBeProblem(
      404,
      'not_found',
    )
  })

  it('delete an endpoint with many messages in pieces, and go on after an outage', async () => {
    const endpoint = await anEndpoint()
    const owner = await theOwner()
    await env.DB.prepare(
      `INSERT INTO webhook_deliveries (webhook_id, message_id, type, body, state, retry_until, created_at)
       SELECT ?, i, 'order.paid', '{}', 'waiting', 0, 0 FROM (
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT i FROM n)`,
    )
      .bind(endpoint.id)
      .run()
    const count = (table: string) => env.DB.prepare(`SELECT count(*) AS count FROM ${table}`).first('count')
    const run = D1Session.prototype.batch
    let pieces = 0
    const batch = vi.spyOn(D1Session.prototype, 'batch').mockImplementation(async function (
      this: D1Session,
      statements,
    ) {
      if (statements.some(({ sql }) => sql.includes('DELETE FROM webhook_deliveries')) && (pieces += 1) === 2)
        throw new Error('D1_ERROR: Network connection lost.')
      return run.call(this, statements)
    })
    expect(await owner.call('DELETE', endpoint.path)).toBeProblem(503, 'temporarily_unavailable')
    batch.mockRestore()
    expect(await count('webhook_deliveries')).toBe(1500)
    expect(await deletionsOf(endpoint)).toBe(1)
    await anOrder()
    await deliver(endpoint)
    expect(endpoint.calls).toEqual([])
    expect(await stateOf(endpoint)).toMatchObject({ active: false, gone: false, waiting: 1000 })
    expect((await owner.call('DELETE', endpoint.path)).status).toBe(204)
    expect(await count('webhook_deliveries')).toBe(0)
    expect(await owner.call('GET', endpoint.path)).toBeProblem(404, 'not_found')
  })
})

it('messages that ended are deleted after 30 days, with their attempts', async () => {
  const endpoint = await anEndpoint()
  await anOrder()
  await deliver(endpoint)
  fails(endpoint)
  await anOrder()
  await deliver(endpoint)
  const days = 24 * 60 * 60_000
  await env.DB.prepare('UPDATE webhook_deliveries SET created_at = ?')
    .bind(Date.now() - 31 * days)
    .run()
  await runHourly(new Db(env.DB), env, Date.now())
  expect(await deliveriesOf(endpoint)).toMatchObject([{ state: 'waiting' }])
  expect(await env.DB.prepare('SELECT count(*) AS count FROM webhook_attempts').first('count')).toBe(1)
})

it('a message that is parked last leaves an endpoint that waits for nothing', async () => {
  const endpoint = await anEndpoint()
  fails(endpoint)
  await anOrder()
  await deliver(endpoint)
  expect(await stateOf(endpoint)).toMatchObject({ failures: 1, next_at: expect.any(String) })
  await deliverDaysLater(endpoint)
  expect(await stateOf(endpoint)).toMatchObject({ failures: 2, parked: 1, waiting: 0, next_at: null })
})

it('events whose messages are too long for one statement are told in several', async () => {
  const endpoint = await anEndpoint({ types: ['order.placed'] })
  const order = await anOrder()
  // As many and as long lines as a cart may have.
  await env.DB.prepare(
    `INSERT INTO order_lines (order_id, product_id, product_name, quantity, price_cents)
     SELECT ?1, 1000000 + i, ?2, 1, 0 FROM order_lines, (
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 199) SELECT i FROM n)
     WHERE order_id = ?1`,
  )
    .bind(order.id, '😀'.repeat(255))
    .run()
  await env.DB.prepare(
    `INSERT INTO order_events (order_id, user_id, to_status, actor_id, at)
     SELECT order_id, user_id, to_status, actor_id, at FROM order_events, json_each('[1,2,3,4,5,6,7,8,9,10,11,12]') WHERE order_id = ?`,
  )
    .bind(order.id)
    .run()
  const batches = vi.spyOn(D1Session.prototype, 'batch')
  await deliver(endpoint)
  const values = batches.mock.calls.flatMap(([batch]) => batch.flatMap(({ parameters }) => parameters))
  batches.mockRestore()
  const bytes = values.map((value) => new TextEncoder().encode(String(value)).length)
  expect(Math.max(...bytes)).toBeGreaterThan(400_000)
  expect(Math.max(...bytes)).toBeLessThan(2_000_000)
  expect(typesTo(endpoint)).toHaveLength(13)
  await env.DB.prepare(`DELETE FROM order_lines WHERE product_name LIKE '😀%'`).run()
})

it('a shop whose last endpoint is deleted no longer counts the staff as listening', async () => {
  const endpoint = await anEndpoint()
  const isListening = () =>
    env.DB.prepare(`SELECT count(*) AS rows FROM listening_streams WHERE name = 'staff'`).first('rows')
  await expect.poll(isListening).toBe(1)
  await (await theOwner()).call('DELETE', endpoint.path)
  await expect.poll(wokenByOrders).toEqual([])
  await anOrder()
  await expect.poll(isListening).toBe(0)
})

it('a shop without endpoints wakes none and keeps nothing for one', async () => {
  await runInDurableObject(env.ORDER_STREAMS.getByName('staff'), (_, { storage }) =>
    storage.kv.delete('webhooks'),
  )
  const { WEBHOOKS } = env
  const getByName = vi.fn<() => never>()
  Object.assign(env, { WEBHOOKS: { getByName } })
  await anOrder()
  await env.ORDER_STREAMS.getByName('staff').wake()
  await worker.scheduled(createScheduledController({ cron: '* * * * *', scheduledTime: new Date() }), env)
  Object.assign(env, { WEBHOOKS })
  expect(getByName).not.toHaveBeenCalled()
  expect(await env.DB.prepare('SELECT count(*) AS count FROM webhook_deliveries').first('count')).toBe(0)
})
