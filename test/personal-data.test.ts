import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { Db } from '../src/db/client.ts'
import { cleanUp } from '../src/maintenance/clean-up.ts'
import { recordCommand } from '../scripts/database/accounts.ts'
import { get, ORIGIN, post, usageOf } from './http.ts'
import { integrityViolations } from './integrity.ts'
import { listen } from './listening.ts'
import { aPaidOrder, settles, takePayments } from './payments/paying-shop.ts'
import {
  aCustomer,
  aGuest,
  anOrder,
  aProduct,
  aRegisteredCustomer,
  contact,
  countBy,
  PASSWORD,
  type Person,
  simultaneously,
  someStaff,
  staffMoves,
  theOwner,
  unique,
} from './shop.ts'

takePayments()

const deletes = (person: Person, body: object | undefined = { password: PASSWORD }) =>
  person.call('DELETE', '/api/users/profile/', { body })

const exported = async (person: Person) => (await person.call('GET', '/api/users/export/')).body

/** An order without payment that has reached its customer. */
async function aDeliveredOrder(buyer: Person, body?: object) {
  await buyer.adds(await aProduct({ price: '0.00' }))
  const { body: order } = await buyer.orders(body)
  await staffMoves(order, 'Shipped')
  await staffMoves(order, 'Delivered')
  return order
}

/** Where these words are: in every column of every table, and in KV. */
async function placesOf(words: readonly string[]): Promise<string[]> {
  const { results: columns } = await env.DB.prepare(
    `SELECT tables.name || '.' || columns.name AS place, tables.name AS "table", columns.name AS "column"
     FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
     WHERE tables.type = 'table' AND tables.name NOT GLOB '_cf_*' AND tables.sql NOT LIKE 'CREATE VIRTUAL%'`,
  ).all<{ place: string; table: string; column: string }>()
  expect(columns.length).toBeGreaterThan(150)
  const searches = await env.DB.batch<{ word: string }>(
    columns.map(({ table, column }) =>
      env.DB.prepare(
        `SELECT DISTINCT words.value AS word FROM "${table}", json_each(?) AS words
         WHERE instr(lower(CAST("${table}"."${column}" AS TEXT)), lower(words.value))`,
      ).bind(JSON.stringify(words)),
    ),
  )
  const found = searches.flatMap(({ results }, n) =>
    results.map(({ word }) => `${word} in ${columns[n]!.place}`),
  )
  const { keys } = await env.REVOKED_SESSIONS.list()
  for (const { name } of keys) {
    const text = `${name} ${await env.REVOKED_SESSIONS.get(name)}`
    found.push(...words.filter((word) => text.includes(word)).map((word) => `${word} in KV`))
  }
  return found
}

/** A parked mail about an order, and a message of a webhook in each state. */
async function insertMessages(order_id: number, ship_to: string): Promise<void> {
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO mails (event_id, order_id, type, state, error, next_at, created_at)
       SELECT min(id), ?1, 'placed', 'parked', 'refused', 0, 0 FROM order_events WHERE order_id = ?1`,
    ).bind(order_id),
    env.DB.prepare(
      `INSERT INTO webhooks (url, types, active, secret, created_at) VALUES ('https://example.com/', '[]', 0, 'whsec_', 0)`,
    ),
    env.DB.prepare(
      `INSERT INTO webhook_deliveries (webhook_id, message_id, type, order_id, body, state, retry_until, created_at)
       SELECT (SELECT max(id) FROM webhooks), value, 'order.placed', ?, json_object('data', json_object('order', json_object('id', 1, 'ship_to', json(?)))), value, 0, 0
       FROM json_each('["waiting", "asked", "delivered", "parked"]')`,
    ).bind(order_id, ship_to),
  ])
}

/** A customer whose every text is a word of their own, who has done all that leaves a trace. */
async function someoneWithTraces() {
  const words = {
    email: `zoe-${unique()}@example.com`,
    name: `Zoe ${unique()}`,
    phone: '+44 1632 960147',
    address: `${unique()} street`,
    recipient: `Recipient ${unique()}`,
    recipient_phone: '+44 1632 960258',
    recipient_address: `${unique()} lane`,
    postal_code: `P${unique()}`.slice(0, 20),
    city: `City of ${unique()}`,
    line1: `${unique()} Road`,
    line2: `Floor ${unique()}`,
    recipient_line1: `${unique()} Avenue`,
    recipient_city: `Town of ${unique()}`,
    reason: `Zoe has called ${unique()}`,
    device: `Phone of ${unique()}`,
    page: `thanks-${unique()}`,
  }
  const { email, name, phone, address, postal_code, city, line1, line2 } = words
  const zoe = await aRegisteredCustomer({ email, name, phone, address })
  await zoe.call('PATCH', '/api/users/profile/', { body: { postal_code, city, line1, line2, country: 'GB' } })
  const headers = { 'CF-Connecting-IP': '192.0.2.7', 'User-Agent': words.device, 'Idempotency-Key': unique() }
  await post('/api/users/register/', { email: `2${email}`, password: PASSWORD, name, phone }, { headers })
  await post('/api/token/', { email, password: PASSWORD }, { headers })
  await env.DB.prepare(recordCommand(`create-admin --revoke --email ${email.toUpperCase()}`, email)).run()
  const ship_to = {
    name: words.recipient,
    phone: words.recipient_phone,
    address: words.recipient_address,
    line1: words.recipient_line1,
    city: words.recipient_city,
  }
  const { order } = await aPaidOrder(zoe, {}, { success_url: `${ORIGIN}/${words.page}` })
  const refund = { amount: '1.00', reason: words.reason }
  await (await theOwner()).call('POST', `/api/admin/orders/${order.id}/refunds/`, { body: refund })
  await settles(zoe, order)
  await staffMoves(order, 'Shipped')
  await staffMoves(order, 'Delivered')
  const delivered = await aDeliveredOrder(zoe, { ship_to })
  const cancelled = await anOrder(zoe)
  await zoe.cancels(cancelled)
  await zoe.adds(await aProduct())
  await insertMessages(delivered.id, JSON.stringify(ship_to))
  return { zoe, words, orders: [cancelled, delivered, order] }
}

/** Somebody who has confirmed their address, and has then ordered with it as a guest. */
async function someoneWithGuestOrder() {
  const [ann, guest] = [await aRegisteredCustomer(), await aGuest()]
  await env.DB.prepare('UPDATE users SET email_confirmed_at = 1 WHERE id = ?').bind(ann.id).run()
  const ship_to = { name: `Recipient ${unique()}`, phone: '1', address: `${unique()} lane` }
  const order = await aDeliveredOrder(guest, { email: ann.email, ship_to })
  return { ann, guest, order, words: [ann.email, ship_to.name, ship_to.address] }
}

describe('deleting an account', () => {
  it('leaves none of its words in the database, and keeps the books', async () => {
    const { zoe, words, orders } = await someoneWithTraces()
    // The second account only shows that its words are found.
    const second = await env.DB.prepare('SELECT id FROM users WHERE email = ?')
      .bind(`2${words.email}`)
      .first('id')
    await env.DB.prepare(
      `UPDATE users SET email = 'other', email_key = 'other', name = '', phone = '' WHERE id = ?`,
    )
      .bind(second)
      .run()
    const all = Object.values(words)
    const places = await placesOf(all)
    const traced = [
      'users.email',
      'orders.email',
      'orders.ship_name',
      'payments.parameters',
      'refunds.reason',
      'payment_events.note',
      'audit_log.body',
      'audit_log.path',
      'sessions.user_agent',
      'users.postal_code',
      'users.city',
      'users.line1',
      'users.line2',
      'orders.ship_line1',
      'orders.ship_city',
      'webhook_deliveries.body',
    ]
    for (const place of traced) expect(places.join()).toContain(place)
    const { access: token } = await theOwner()
    const money = async () =>
      (await get('/api/admin/orders/', { token })).body.results
        .filter(({ id }: { id: number }) => orders.some((order) => order.id === id))
        .map(({ id, items, total_price, payment, status }: Record<string, unknown>) => ({
          id,
          items,
          total_price,
          payment,
          status,
        }))
    const before = await money()
    expect(before).toHaveLength(3)

    expect((await deletes(zoe)).status).toBe(204)

    expect(await placesOf(all)).toEqual([])
    expect(
      await env.DB.prepare('SELECT 1 FROM known_networks WHERE user_id = ?').bind(zoe.id).first(),
    ).toBeNull()
    expect(
      await env.DB.prepare('SELECT 1 FROM idempotency_keys WHERE user_id = ?').bind(zoe.id).first(),
    ).toBeNull()
    const messages = await env.DB.prepare(
      'SELECT state FROM webhook_deliveries WHERE order_id = ? ORDER BY state',
    )
      .bind(orders[1]!.id)
      .all()
    expect(messages.results).toEqual([{ state: 'asked' }, { state: 'waiting' }])
    expect(await env.DB.prepare('SELECT count(*) FROM mails').first('count(*)')).toBe(0)
    expect(await money()).toEqual(before)
    expect((await get(`/api/admin/orders/?user=${zoe.id}`, { token })).body.results).toMatchObject(
      orders.map(({ id }) => ({ id, user: '', ship_to: { name: '', phone: '', address: null } })),
    )
    expect(await integrityViolations()).toEqual({})
  })

  it('erases also an account with a payment that is known from Stripe alone', async () => {
    const { zoe } = await someoneWithTraces()
    const { meta } = await env.DB.prepare(
      `UPDATE payments SET parameters = '' WHERE order_id IN (SELECT id FROM orders WHERE user_id = ?)`,
    )
      .bind(zoe.id)
      .run()
    expect(meta.changes).toBeGreaterThan(0)
    expect((await deletes(zoe)).status).toBe(204)
  })

  it('erases an earlier e-mail from the commands in the audit log, of no other account', async () => {
    const email = `${unique()}@${`${'d'.repeat(62)}.`.repeat(3)}com`.padStart(254, 'e')
    const zoe = await aRegisteredCustomer({ email })
    const ann = await aRegisteredCustomer({ email: `2${unique()}@example.com` })
    const commands = ['create-admin', 'create-admin --revoke']
    const current = `${unique()}@example.com`
    const record = (command: string, to: string) =>
      env.DB.prepare(recordCommand(`${command} --email ${to}`, to)).run()
    for (const command of commands) await record(command, email)
    const longer = `create-admin --email ${current}.uk` // somebody else's
    for (const old of [`create-admin --email ${current}`, longer])
      // as before ids were stored
      await env.DB.exec(recordCommand(old).replaceAll('\n', ' '))
    await record('create-admin', ann.email)
    await env.DB.exec(`INSERT INTO audit_log (method, path, body, at) VALUES ('PUT', '/', '{"cut', 0)`)
    await env.DB.prepare('UPDATE users SET email = ?1, email_key = ?1 WHERE id = ?2')
      .bind(current, zoe.id)
      .run()
    const ofAnn = `create-admin --email ${ann.email}`
    const logged = async () => {
      const { body } = await (await theOwner()).call('GET', '/api/admin/audit-log/?page_size=6')
      return body.results
        .map(({ path }: { path: string }) => path)
        .filter((path: string) => path !== '/')
        .toReversed()
    }
    const ofZoe = commands.map((command) => `${command} --email ${email}`.slice(0, 200))
    expect(await logged()).toEqual([...ofZoe, `create-admin --email ${current}`, longer, ofAnn])
    expect((await deletes(zoe)).status).toBe(204)
    expect(await logged()).toEqual([...commands, 'create-admin', longer, ofAnn])
  })

  it('logs out everywhere at once, and frees the e-mail', async () => {
    const ann = await aRegisteredCustomer()
    const { body: elsewhere } = await post('/api/token/', { email: ann.email, password: PASSWORD })
    const listener = await listen(ann.access)
    expect((await deletes(ann)).status).toBe(204)
    for (const token of [ann.access, elsewhere.access])
      expect(await get('/api/cart/', { token })).toBeProblem(401, 'token_revoked')
    expect((await post('/api/token/refresh/', { refresh: elsewhere.refresh })).status).toBe(401)
    expect(await listener.ends()).toMatchObject({ code: 4401 })
    expect(await deletes(ann)).toBeProblem(401, 'token_revoked')
    const credentials = { email: ann.email, password: PASSWORD }
    expect(await post('/api/token/', credentials)).toBeProblem(401, 'invalid_credentials')
    const again = await post('/api/users/register/', { ...credentials, name: 'Ann', phone: '1' })
    expect([again.status, again.body.id === ann.id]).toEqual([201, false])
  })

  it('forgets the request that registered the account', async () => {
    const body = { email: `zoe-${unique()}@example.com`, password: PASSWORD, name: 'Zoe', phone: '1' }
    const headers = { 'Idempotency-Key': unique() }
    const { body: account } = await post('/api/users/register/', body, { headers })
    const { body: tokens } = await post('/api/token/', body)
    const path = '/api/users/profile/'
    await (await aCustomer()).call('DELETE', path, { token: tokens.access, body: { password: PASSWORD } })
    const again = await post('/api/users/register/', body, { headers })
    expect([again.status, again.headers.get('Idempotent-Replayed')]).toEqual([201, null])
    expect(again.body.id).not.toBe(account.id)
  })

  it('forgets that request also after a change of address, and no other one', async () => {
    const requestsOf = async (id: number) =>
      (
        await env.DB.prepare('SELECT 1 FROM idempotency_keys WHERE user_id = 0 AND resource_id = ?')
          .bind(id)
          .all()
      ).results.length
    const registers = async () => {
      const body = { email: `zoe-${unique()}@example.com`, password: PASSWORD, name: 'Zoe', phone: '1' }
      const { body: account } = await post('/api/users/register/', body, {
        headers: { 'Idempotency-Key': unique() },
      })
      expect(await requestsOf(account.id)).toBe(1)
      return { ...body, id: account.id as number }
    }
    const [zoe, other] = [await registers(), await registers()]
    const { body: tokens } = await post('/api/token/', zoe)
    await env.DB.prepare('UPDATE users SET email = ?1, email_key = ?1 WHERE id = ?2')
      .bind(`2${zoe.email}`, zoe.id)
      .run()
    const body = { password: PASSWORD }
    const deleted = await (
      await aCustomer()
    ).call('DELETE', '/api/users/profile/', { token: tokens.access, body })
    expect(deleted.status).toBe(204)
    expect([await requestsOf(zoe.id), await requestsOf(other.id)]).toEqual([0, 1])
  })

  it('needs the password', async () => {
    const ann = await aRegisteredCustomer()
    const missing = await deletes(ann, {})
    expect([missing.status, missing.body.error_codes]).toEqual([400, { password: [{ code: 'required' }] }])
    expect((await ann.call('DELETE', '/api/users/profile/')).status).toBe(400)
    const wrong = await deletes(ann, { password: 'a wrong password' })
    expect([wrong.status, wrong.body.code]).toEqual([400, 'wrong_password'])
    expect(wrong.body.error_codes).toEqual({ password: [{ code: 'wrong_password' }] })
    expect((await ann.call('GET', '/api/users/profile/')).body.email).toBe(ann.email)
  })

  it.each(['Pending', 'Shipped'])('is refused while an order is %s', async (status) => {
    const ann = await aGuest()
    await ann.adds(await aProduct({ price: '0.00' }))
    const { body: order } = await ann.orders(contact())
    if (status === 'Shipped') await staffMoves(order, 'Shipped')
    expect(await deletes(ann, undefined)).toBeProblem(409, 'order_not_delivered')
    expect(await ann.orderHistory()).toMatchObject([{ id: order.id, user: order.user, status }])
    await staffMoves(order, status === 'Shipped' ? 'Delivered' : 'Cancelled')
    expect((await deletes(ann, undefined)).status).toBe(204)
  })

  it('includes what a guest ordered with the confirmed address, and shows an order that is on its way', async () => {
    const { ann, guest, order, words } = await someoneWithGuestOrder()
    await guest.adds(await aProduct({ price: '0.00' }))
    const { body: pending } = await guest.orders({ ...contact(), email: ann.email })
    expect((await deletes(ann, { password: 'a wrong password' })).status).toBe(400)
    expect(await ann.orderHistory()).toEqual([])
    expect(await deletes(ann)).toBeProblem(409, 'order_not_delivered')
    expect((await ann.orderHistory()).map(({ id }) => id)).toEqual([pending.id, order.id])
    await ann.cancels(pending)
    expect((await placesOf(words)).length).toBeGreaterThan(2)
    expect((await deletes(ann)).status).toBe(204)
    expect(await placesOf(words)).toEqual([])
    expect(await integrityViolations()).toEqual({})
  })

  it('is refused to staff, who become customers first', async () => {
    const ann = await aRegisteredCustomer()
    await env.DB.prepare('UPDATE users SET is_staff = 1 WHERE id = ?').bind(ann.id).run()
    expect(await deletes(ann)).toBeProblem(409, 'account_is_staff')
    await env.DB.prepare('UPDATE users SET is_staff = 0 WHERE id = ?').bind(ann.id).run()
    expect((await deletes(ann)).status).toBe(204)
  })

  it('leaves what it did as that of a deleted account, also once its row is gone', async () => {
    const { ann: buyer, order, product } = await aPaidOrder()
    const ann = await aRegisteredCustomer()
    const staffed = (is_staff: number) =>
      env.DB.prepare('UPDATE users SET is_staff = ? WHERE id = ?').bind(is_staff, ann.id).run()
    await staffed(1)
    const { body: tokens } = await post('/api/token/', { email: ann.email, password: PASSWORD })
    const acts = (method: string, path: string, body: object) =>
      ann.call(method, `/api/admin/${path}/`, {
        token: tokens.access,
        body,
        headers: { 'Idempotency-Key': unique() },
      })
    await acts('PATCH', `products/${product.id}`, { stock_delta: 1 })
    await acts('PATCH', `orders/${order.id}`, { status: 'Shipped' })
    await acts('POST', `orders/${order.id}/refunds`, { amount: '1.00', reason: 'Broken' })
    await settles(buyer, order)
    await staffed(0)
    const actors = async () => {
      const owner = await theOwner()
      const lists = [
        `products/${product.id}/movements`,
        `orders/${order.id}/events`,
        `orders/${order.id}/payments`,
        'audit-log',
      ].map(async (path) => (await owner.call('GET', `/api/admin/${path}/`)).body.results)
      return (await Promise.all(lists)).map((entries: { actor: string | null }[]) =>
        entries.map(({ actor }) => actor),
      )
    }
    const before = await actors()
    for (const each of before) expect(each).toContain(ann.email)
    expect((await deletes(ann)).status).toBe(204)
    await env.DB.batch([
      env.DB.prepare('DELETE FROM sessions WHERE user_id = ?').bind(ann.id),
      env.DB.prepare('UPDATE users SET created_at = 0 WHERE id = ?').bind(ann.id),
    ])
    expect((await cleanUp(new Db(env.DB), { now: Date.now() })).deleted).toMatchObject({ users: 1 })
    const after = before.map((each) => each.map((actor) => (actor === ann.email ? '' : actor)))
    expect(await actors()).toEqual(after)
  })

  it('of a guest needs no password, and none of theirs is left after a day', async () => {
    const guest = await aGuest()
    await guest.adds(await aProduct())
    expect((await guest.call('DELETE', '/api/users/profile/')).status).toBe(204)
    await env.DB.batch([
      env.DB.prepare('UPDATE sessions SET revoked_at = 0 WHERE user_id = ?').bind(guest.id),
      env.DB.prepare('UPDATE users SET created_at = 0 WHERE id = ?').bind(guest.id),
    ])
    await cleanUp(new Db(env.DB), { now: Date.now() })
    expect(await env.DB.prepare('SELECT 1 FROM users WHERE id = ?').bind(guest.id).first()).toBeNull()
  })

  it('and ordering at the same time: one of them is refused', async () => {
    for (let n = 0; n < 5; n += 1) {
      const guest = await aGuest()
      await guest.adds(await aProduct())
      const [deleted, placed] = await Promise.all([deletes(guest, undefined), guest.orders(contact())])
      expect([
        [204, 401],
        [409, 201],
      ]).toContainEqual([deleted.status, placed.status])
    }
  })

  it('and logging in at the same time: the account is gone, whoever comes first', async () => {
    const ann = await aRegisteredCustomer()
    const credentials = { email: ann.email, password: PASSWORD }
    const [deleted, ...logIns] = await Promise.all([
      deletes(ann),
      ...(await simultaneously(3, async () => () => post('/api/token/', credentials))).map((logIn) =>
        logIn(),
      ),
    ])
    expect(deleted.status).toBe(204)
    for (const { status, body } of logIns) {
      if (status === 200) expect((await get('/api/cart/', { token: body.access })).status).toBe(401)
      else expect(status).toBe(401)
    }
  })

  it('twice at the same time has one effect', async () => {
    const guest = await aGuest()
    const answers = await simultaneously(2, () => deletes(guest, undefined))
    expect(countBy(answers, ({ status }) => status)).toEqual({ 204: 1, 401: 1 })
  })

  it.each([
    ['audit_log', 'UPDATE audit_log SET body = NULL WHERE id = (SELECT max(id) FROM audit_log)'],
    [
      'payment_events',
      'UPDATE payment_events SET note = NULL WHERE id = (SELECT max(id) FROM payment_events)',
    ],
  ])('is the only change that %s allows', async (table, change) => {
    await aPaidOrder()
    await expect(env.DB.prepare(change).run()).rejects.toThrow(`${table} is append-only`)
    const amounts = { audit_log: 'at = at + 1', payment_events: 'note = NULL, amount_cents = 1' }[table]
    const permitted = env.DB.batch([
      env.DB.prepare('INSERT INTO erasures VALUES (1)'),
      env.DB.prepare(`UPDATE ${table} SET ${amounts} WHERE id = (SELECT max(id) FROM ${table})`),
    ])
    await expect(permitted).rejects.toThrow(`${table} is append-only`)
  })
})

describe('an export', () => {
  it('has everything', async () => {
    const { zoe, words, orders } = await someoneWithTraces()
    const data = await exported(zoe)
    expect(data).toMatchObject({
      profile: {
        id: zoe.id,
        email: words.email,
        name: words.name,
        phone: words.phone,
        address: words.address,
      },
      cart: { items: [{ quantity: 1 }] },
      known_networks: [{ hash: expect.stringMatching(/^[\w-]{43}$/) }],
    })
    expect(data.sessions.map(({ user_agent }: { user_agent: string }) => user_agent)).toContain(words.device)
    expect(data.orders.map(({ id }: { id: number }) => id)).toEqual(orders.map(({ id }) => id))
    expect(data.orders[1].ship_to.name).toBe(words.recipient)
    expect(data.orders[2].events.map(({ to }: { to: string }) => to).slice(-2)).toEqual([
      'Shipped',
      'Delivered',
    ])
    expect(data.orders[2].payments).toMatchObject([
      { kind: 'paid', amount: '10.00' },
      { kind: 'refund_requested', amount: '1.00', note: words.reason },
      { kind: 'refunded', amount: '1.00' },
    ])
    const { page, ...own } = words
    for (const word of Object.values(own)) expect(JSON.stringify(data)).toContain(word)
    expect(JSON.stringify(data)).not.toContain(page) // the front end's, not the customer's
  })

  it('has what a guest ordered with the confirmed address', async () => {
    const { ann, order } = await someoneWithGuestOrder()
    expect((await exported(ann)).orders).toMatchObject([{ id: order.id, ship_to: order.ship_to }])
  })

  it('is for guests too, and has nobody else in it', async () => {
    const [guest, other] = [await aGuest(), await aCustomer()]
    await aDeliveredOrder(other)
    const order = await aDeliveredOrder(guest, contact())
    const answer = await guest.call('GET', '/api/users/export/')
    expect(answer.headers.get('Content-Disposition')).toBe('attachment; filename="my-data.json"')
    expect(answer.body).toMatchObject({
      profile: { email: '' },
      orders: [{ id: order.id, user: order.user }],
    })
    expect(usageOf(answer).round_trips).toBe(1)
    expect(answer.text).not.toContain(other.email)
  })

  it('has all of several hundred orders, each once', async () => {
    const ann = await aCustomer()
    const many = JSON.stringify(Array.from({ length: 301 }, (_, n) => n))
    await env.DB.prepare(
      `INSERT INTO orders (user_id, email, total_cents, ship_name, ship_phone, created_at, updated_at)
       SELECT ?, 'a', 0, 'A', '1', value / 150, 0 FROM json_each(?)`,
    )
      .bind(ann.id, many)
      .run()
    const { orders } = await exported(ann)
    expect(new Set(orders.map(({ id }: { id: number }) => id)).size).toBe(301)
    expect(orders).toHaveLength(301)
  })

  it('breaks off when the session ends meanwhile', async () => {
    const staff = await someStaff()
    expect((await exported(staff)).orders).toEqual([])
    await staff.call('POST', '/api/users/logout/', { body: { refresh: staff.refresh } })
    expect(await staff.call('GET', '/api/users/export/')).toBeProblem(401, 'token_revoked')
  })
})
