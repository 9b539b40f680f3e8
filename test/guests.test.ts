import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { noAddressFields } from '../src/accounts/openapi.ts'
import { attachGuestOrders } from '../src/auth/attach-guest-orders.ts'
import { Db } from '../src/db/client.ts'
import { cleanUp } from '../src/maintenance/clean-up.ts'
import { call, get, post } from './http.ts'
import { integrityViolations } from './integrity.ts'
import { listen } from './listening.ts'
import {
  aCustomer,
  aGuest,
  aProduct,
  aRegisteredCustomer,
  claimsOf,
  contact,
  countBy,
  PASSWORD,
  type Person,
  simultaneously,
  someStaff,
  staffEdits,
  staffMoves,
  stockOf,
  theOwner,
  unique,
} from './shop.ts'

const DAY = 24 * 60 * 60 * 1000

const quantitiesOf = (cart: { items: { product: { id: number }; quantity: number }[] }) =>
  Object.fromEntries(cart.items.map(({ product, quantity }) => [product.id, quantity]))

/** Registers with a guest's access token. */
function registers(guest: Person, given: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
  const body = {
    email: `gil-${unique()}@example.com`,
    password: PASSWORD,
    name: 'Gil Guest',
    phone: '1',
    ...given,
  }
  return post('/api/users/register/', body, { token: guest.access, headers })
}

const logsIn = (email: string, guest?: unknown, password = PASSWORD) =>
  post('/api/token/', { email, password, guest })

const noAddress = { address: null, ...noAddressFields }

describe('a guest', () => {
  it('has a cart and a profile without a name', async () => {
    const guest = await aGuest()
    expect(await guest.cart()).toMatchObject({ id: guest.id, user: '', items: [] })
    const profile = await guest.call('GET', '/api/users/profile/')
    expect(profile.body).toEqual({ id: guest.id, email: '', name: '', phone: '', ...noAddress })
    expect(claimsOf(guest.access)).toMatchObject({ is_staff: false })
  })

  it('orders with an e-mail, which the order keeps', async () => {
    const [guest, product] = [await aGuest(), await aProduct({ stock: 5 })]
    await guest.adds(product, 2)
    const { email, ship_to } = contact()
    const placed = await guest.orders({ email, ship_to, expected_total: '20.00' })
    expect(placed).toMatchObject({ status: 201, body: { user: email, ship_to } })
    expect(await guest.orderHistory()).toEqual([placed.body])
    expect(await stockOf(product)).toBe(3)
    expect((await guest.cancels(placed.body)).body.order.status).toBe('Cancelled')
  })

  it('is told everything that an order needs, at once, and keeps cart and key', async () => {
    const guest = await aGuest()
    await guest.adds(await aProduct())
    const key = { 'Idempotency-Key': unique() }
    const required = [{ code: 'required' }]
    const nothing = await guest.orders(undefined, key)
    expect([nothing.status, nothing.body.code]).toEqual([400, 'invalid_request'])
    expect(nothing.body.error_codes).toEqual({ email: required, ship_to: required })
    const { email, ship_to } = contact()
    expect((await guest.orders({ email })).body.error_codes).toEqual({ ship_to: required })
    expect((await guest.orders({ ship_to })).body.error_codes).toEqual({ email: required })
    expect((await guest.orders({ email: 'gus', ship_to })).body.error_codes).toEqual({
      email: [{ code: 'not_email' }],
    })
    expect((await guest.cart()).items).toHaveLength(1)
    expect((await guest.orders({ email, ship_to }, key)).status).toBe(201)
  })

  it('may leave out where to ship once the profile has name and phone', async () => {
    const guest = await aGuest()
    await guest.adds(await aProduct())
    for (const part of [{ name: 'Gus' }, { name: '', phone: '1' }]) {
      await env.DB.prepare(`UPDATE users SET name = ?, phone = ? WHERE id = ?`)
        .bind(part.name, part.phone ?? '', guest.id)
        .run()
      const { status, body } = await guest.orders({ email: contact().email })
      expect([status, body.error_codes]).toEqual([400, { ship_to: [{ code: 'required' }] }])
    }
    await guest.call('PUT', '/api/users/profile/', { body: { name: 'Gus', phone: '1', address: 'A street' } })
    const { email } = contact()
    expect((await guest.orders()).body.error_codes).toEqual({ email: [{ code: 'required' }] })
    const placed = await guest.orders({ email })
    expect(placed.body.ship_to).toEqual({
      ...noAddress,
      name: 'Gus',
      phone: '1',
      address: 'A street',
    })
  })

  it('hears of their orders as they change', async () => {
    const guest = await aGuest()
    const listener = await listen(guest.access)
    await guest.adds(await aProduct())
    const { body: order } = await guest.orders(contact())
    await staffMoves(order, 'Shipped')
    expect(await listener.gets(2)).toMatchObject([
      { type: 'order.created', order: { id: order.id } },
      { type: 'order.status_changed', status: 'Shipped', order: { id: order.id } },
    ])
    listener.close()
  })

  it('refreshes and logs out as everybody does', async () => {
    const guest = await aGuest()
    const { status, body } = await post('/api/token/refresh/', { refresh: guest.refresh })
    expect([status, claimsOf(body.access).user_id]).toEqual([200, guest.id])
    expect((await guest.call('GET', '/api/users/sessions/')).body.count).toBe(1)
    const left = await guest.call('POST', '/api/users/logout/', { body: { refresh: body.refresh } })
    expect(left.status).toBe(205)
    expect(await get('/api/cart/', { token: body.access })).toBeProblem(401, 'token_revoked')
  })

  it('has no password to log in with or to change', async () => {
    const guest = await aGuest()
    expect(await logsIn('', undefined, '')).toBeProblem(401, 'invalid_credentials')
    const body = { current_password: PASSWORD, new_password: 'another good password' }
    const { status, body: problem } = await guest.call('POST', '/api/users/password/', { body })
    expect([status, problem.code]).toEqual([400, 'wrong_password'])
  })

  it('is found by staff by the e-mail of an order, beside the orders of an account with that e-mail', async () => {
    const { access: token } = await theOwner()
    const [guest, account] = [await aGuest(), await aCustomer()]
    for (const buyer of [guest, account]) await buyer.adds(await aProduct())
    const { body: own } = await account.orders()
    const { body: order } = await guest.orders({ ...contact(), email: account.email.toUpperCase() })
    const found = await get(`/api/admin/orders/?email=${account.email}`, { token })
    expect(found.body).toMatchObject({ count: 2, results: [{ id: order.id }, { id: own.id }] })
    const one = await get(`/api/admin/orders/?email=${account.email}&page_size=1`, { token })
    const next = await get(one.body.next, { token })
    expect([one, next].map(({ body }) => body.results[0].id)).toEqual([order.id, own.id])
    const byBoth = await get(`/api/admin/orders/?email=${account.email}&user=${account.id}`, { token })
    expect(byBoth.body.results.map(({ id }: { id: number }) => id)).toEqual([own.id])
    const pending = await get(`/api/admin/orders/?email=${account.email}&status=Shipped`, { token })
    expect(pending.body.count).toBe(0)
  })
})

it('an account orders with its own e-mail and no other', async () => {
  const account = await aCustomer()
  await account.adds(await aProduct())
  const { email } = contact()
  expect((await account.orders({ email })).body.error_codes).toEqual({ email: [{ code: 'cannot_change' }] })
  const placed = await account.orders({ email: account.email.toUpperCase() })
  expect(placed).toMatchObject({ status: 201, body: { user: account.email } })
})

describe('registering with the token of a guest', () => {
  it('keeps cart, orders and session, and logs in with the password from then on', async () => {
    const [guest, product] = [await aGuest(), await aProduct()]
    await guest.adds(product)
    const { body: order } = await guest.orders(contact())
    await guest.adds(product, 3)
    const { status, body: account } = await registers(guest)
    expect([status, account.id]).toEqual([201, guest.id])
    expect(quantitiesOf(await guest.cart())).toEqual({ [product.id]: 3 })
    const { body: tokens } = await logsIn(account.email)
    const history = await get('/api/orders/', { token: tokens.access })
    expect(history.body.results).toEqual([order])
    const placed = await guest.orders()
    expect(placed.body).toMatchObject({ user: account.email, ship_to: { name: 'Gil Guest' } })
  })

  it('is refused for an e-mail that is taken, and the guest stays', async () => {
    const [guest, account] = [await aGuest(), await aCustomer()]
    await guest.adds(await aProduct())
    expect(await registers(guest, { email: account.email })).toBeProblem(409, 'email_taken')
    expect((await guest.cart()).items).toHaveLength(1)
    expect((await registers(guest)).body.id).toBe(guest.id)
  })

  it('is replayed for the same key', async () => {
    const [guest, email] = [await aGuest(), `gil-${unique()}@example.com`]
    const key = { 'Idempotency-Key': unique() }
    await aGuest() // the newest account is another one
    const first = await registers(guest, { email }, key)
    const again = await registers(guest, { email }, key)
    expect([again.status, again.headers.get('Idempotent-Replayed')]).toEqual([201, 'true'])
    expect(again.body).toEqual(first.body)
    expect(first.body.id).toBe(guest.id)
  })

  it('makes one account, however many try at the same time', async () => {
    const guest = await aGuest()
    const answers = await simultaneously(3, () => registers(guest))
    const ids = answers.map(({ body }) => body.id)
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(ids.filter((id) => id === guest.id)).toHaveLength(1)
    expect(new Set(ids).size).toBe(3)
  })

  it.each(['a customer', 'a guest who has logged out', 'a guest in the session of another'])(
    'makes a new account for %s',
    async (who) => {
      const caller = who === 'a customer' ? await aCustomer() : await aGuest()
      if (who.includes('logged out'))
        await caller.call('POST', '/api/users/logout/', { body: { refresh: caller.refresh } })
      const other = await aGuest()
      if (who.includes('another'))
        await env.DB.prepare('UPDATE sessions SET user_id = ? WHERE id = ?')
          .bind(other.id, caller.session_id)
          .run()
      const { status, body } = await registers(caller)
      expect([status, [caller.id, other.id].includes(body.id)]).toEqual([201, false])
    },
  )
})

describe('logging in with the token of a guest', () => {
  let account: Person
  beforeAll(async () => {
    account = await aRegisteredCustomer()
  })

  /** The account, logged in and with an empty cart. */
  async function emptied(): Promise<Person> {
    await account.call('DELETE', '/api/cart/')
    return account
  }

  it('gives an empty cart what the guest had, even more than is in stock', async () => {
    const { email } = await emptied()
    const [guest, mug, pen] = [await aGuest(), await aProduct(), await aProduct()]
    await guest.adds(mug, 4)
    await guest.adds(pen, 1)
    await staffEdits(mug, { stock: 3, price: '12.00' })
    const { status, body } = await logsIn(email, guest.refresh)
    expect(status).toBe(200)
    expect(body.merged).toEqual([
      { product_id: mug.id, from: 0, to: 4 },
      { product_id: pen.id, from: 0, to: 1 },
    ])
    const { body: cart } = await get('/api/cart/', { token: body.access })
    expect(quantitiesOf(cart)).toEqual({ [mug.id]: 4, [pen.id]: 1 })
    expect(cart.changes).toMatchObject([
      { kind: 'price', from: '10.00', to: '12.00' },
      { kind: 'stock', from: 4, to: 3 },
    ])
    expect((await guest.cart()).items).toEqual([])
  })

  it('unites two carts, with the larger quantity of each product, as far as the stock goes', async () => {
    const customer = await emptied()
    const guest = await aGuest()
    const products = await Promise.all(Array.from({ length: 6 }, () => aProduct({ stock: 9 })))
    const [own, less, more, short, gone, raised] = products.map(({ id }) => ({ id })) as [
      { id: number },
      { id: number },
      { id: number },
      { id: number },
      { id: number },
      { id: number },
    ]
    for (const [product, quantity] of [
      [own, 1],
      [less, 5],
      [more, 2],
      [raised, 8],
    ] as const)
      await customer.adds(product, quantity)
    for (const [product, quantity] of [
      [less, 3],
      [more, 6],
      [short, 7],
      [gone, 1],
      [raised, 9],
    ] as const)
      await guest.adds(product, quantity)
    await staffEdits(short, { stock: 4 })
    await staffEdits(gone, { stock: 0 })
    await staffEdits(raised, { stock: 5 })
    const { body } = await logsIn(customer.email, guest.refresh)
    expect(body.merged).toEqual([
      { product_id: less.id, from: 5, to: 5 },
      { product_id: more.id, from: 2, to: 6 },
      { product_id: short.id, from: 0, to: 4 },
      { product_id: gone.id, from: 0, to: 0 },
      { product_id: raised.id, from: 8, to: 8 },
    ])
    expect(quantitiesOf(await customer.cart())).toEqual({
      [own.id]: 1,
      [less.id]: 5,
      [more.id]: 6,
      [short.id]: 4,
      [raised.id]: 8,
    })
  })

  it('keeps to a hundred lines', async () => {
    const customer = await emptied()
    const guest = await aGuest()
    const products = await simultaneously(101, () => aProduct({ price: '0.00' }))
    for (const product of products.slice(0, 99)) await customer.adds(product)
    for (const product of products.slice(98)) await guest.adds(product, 2)
    const { body } = await logsIn(customer.email, guest.refresh)
    expect(body.merged.map(({ to }: { to: number }) => to)).toEqual([2, 2, 0])
    expect((await customer.cart()).items).toHaveLength(100)
  })

  it('keeps to the largest total', async () => {
    const customer = await emptied()
    const guest = await aGuest()
    const [dear, cheap, dearest] = await Promise.all(
      ['50000000', '1', '49999999.99'].map((price) => aProduct({ price })),
    )
    await customer.adds(dear)
    await guest.adds(cheap)
    await guest.adds(dearest)
    const { body } = await logsIn(customer.email, guest.refresh)
    expect(body.merged).toEqual([
      { product_id: cheap.id, from: 0, to: 1 },
      { product_id: dearest.id, from: 0, to: 0 },
    ])
    expect((await customer.cart()).grand_total).toBe('50000001.00')
  })

  it('takes the lines after one that is too dear', async () => {
    const customer = await emptied()
    const guest = await aGuest()
    const [own, tooDear, cheap] = await Promise.all(
      ['50000000', '60000000', '1'].map((price) => aProduct({ price })),
    )
    await customer.adds(own)
    await guest.adds(tooDear)
    await guest.adds(cheap)
    const { body } = await logsIn(customer.email, guest.refresh)
    expect(body.merged.map(({ to }: { to: number }) => to)).toEqual([0, 1])
    expect((await customer.cart()).grand_total).toBe('50000001.00')
  })

  it('tells of products that were deleted or have become drafts', async () => {
    const customer = await emptied()
    const [guest, product, draft] = [await aGuest(), await aProduct(), await aProduct()]
    await guest.adds(product)
    await guest.adds(draft)
    await staffEdits(draft, { published: false })
    await (await theOwner()).call('DELETE', `/api/admin/products/${product.id}/`)
    expect((await logsIn(customer.email, guest.refresh)).body.merged).toEqual([])
    const { items, changes } = await customer.cart()
    expect([
      items,
      new Set(changes.map((each: { kind: string; product_id: number }) => each.product_id)),
    ]).toEqual([[], new Set([product.id, draft.id])])
    expect(changes.map(({ kind }: { kind: string }) => kind)).toEqual(['removed', 'removed'])
  })

  it('merges once, however often and however many at the same time', async () => {
    const customer = await emptied()
    const [guest, product] = [await aGuest(), await aProduct({ stock: 50 })]
    await customer.adds(await aProduct())
    await guest.adds(product, 2)
    const answers = await simultaneously(3, () => logsIn(customer.email, guest.refresh))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(countBy(answers, ({ body }) => body.merged.length)).toEqual({ 0: 2, 1: 1 })
    await customer.call('DELETE', '/api/cart/')
    expect((await logsIn(customer.email, guest.refresh)).body.merged).toEqual([])
    expect((await customer.cart()).items).toEqual([])
  })

  it('gives the cart to one of two accounts that log in at the same time', async () => {
    const [one, other] = [await emptied(), await aRegisteredCustomer()]
    const [guest, product] = [await aGuest(), await aProduct()]
    await guest.adds(product, 2)
    await Promise.all([one, other].map(({ email }) => logsIn(email, guest.refresh)))
    const carts = await Promise.all([one.cart(), other.cart()])
    expect(carts.flatMap(({ items }) => items.map((item: { quantity: number }) => item.quantity))).toEqual([
      2,
    ])
  })

  it('takes no orders along', async () => {
    const customer = await emptied()
    const guest = await aGuest()
    await guest.adds(await aProduct())
    const { body: order } = await guest.orders({ ...contact(), email: customer.email })
    await logsIn(customer.email, guest.refresh)
    expect(await customer.call('GET', `/api/orders/${order.id}/`)).toBeProblem(404, 'not_found')
    expect((await guest.call('GET', `/api/orders/${order.id}/`)).status).toBe(200)
  })

  it('says nothing of a cart without the token of a guest', async () => {
    const { body } = await logsIn((await emptied()).email)
    expect(Object.keys(body).toSorted()).toEqual(['access', 'refresh'])
  })

  it('with a wrong password merges nothing', async () => {
    const customer = await emptied()
    const guest = await aGuest()
    await guest.adds(await aProduct())
    expect((await logsIn(customer.email, guest.refresh, 'a wrong password')).status).toBe(401)
    expect((await guest.cart()).items).toHaveLength(1)
  })
})

describe('orders of guests', () => {
  it('move to the account that has confirmed their e-mail, and only those', async () => {
    const account = await aCustomer()
    const [guest, registered] = [await aGuest(), await aGuest()]
    const product = await aProduct({ stock: 100 })
    const place = async (buyer: Person, email: string) => {
      await buyer.adds(product, 2)
      return (await buyer.orders({ ...contact(), email })).body
    }
    const order = await place(guest, account.email)
    const other = await place(guest, contact().email)
    const foreign = await place(registered, account.email)
    await registers(registered)
    await attachOrders(account)
    expect(await account.orderHistory()).toEqual([])
    await hasConfirmed(account)
    await attachOrders(account)
    expect((await account.orderHistory()).map(({ id }) => id)).toEqual([order.id])
    expect((await guest.orderHistory()).map(({ id }) => id)).toEqual([other.id])
    expect((await registered.orderHistory()).map(({ id }) => id)).toEqual([foreign.id])
    expect((await account.call('GET', '/api/orders/')).body.count).toBe(1)
    expect(await integrityViolations()).toEqual({})
    expect((await account.cancels(order)).status).toBe(200)
    expect(await integrityViolations()).toEqual({})
  })
})

it('orders that guests place later move to the account when its owner logs in', async () => {
  const [account, other, guest] = [await aRegisteredCustomer(), await aRegisteredCustomer(), await aGuest()]
  const places = async ({ email }: Person) => {
    await guest.adds(await aProduct())
    return (await guest.orders({ ...contact(), email })).body
  }
  await hasConfirmed(account)
  const [order, unconfirmed] = [await places(account), await places(other)]
  const logIn = async () => {
    for (const { email } of [account, other]) expect((await logsIn(email)).status).toBe(200)
  }
  await logIn()
  // Open, it would count against the limits of the account.
  expect(await account.orderHistory()).toEqual([])
  for (const each of [order, unconfirmed]) await staffMoves(each, 'Shipped')
  await logIn()
  expect((await account.orderHistory()).map(({ id }) => id)).toEqual([order.id])
  expect((await guest.orderHistory()).map(({ id }) => id)).toEqual([unconfirmed.id])
  expect(await integrityViolations()).toEqual({})
})

it('an order that has moved to an account is no longer in the stream of the guest', async () => {
  const [account, guest] = [await aRegisteredCustomer(), await aGuest()]
  await hasConfirmed(account)
  const places = async ({ email }: { email: string }) => {
    await guest.adds(await aProduct())
    return (await guest.orders({ ...contact(), email })).body
  }
  const [first, order] = [await places(contact()), await places(account)]
  const listener = await listen(guest.access)
  await attachOrders(account)
  const [accounts, replay] = [await listen(account.access), await listen(guest.access, { since: 0 })]
  await staffMoves(order, 'Shipped')
  await staffMoves(first, 'Shipped')
  const shipped = { status: 'Shipped', order: { id: first.id } }
  expect(await replay.gets(2)).toMatchObject([{ status: 'Pending', order: { id: first.id } }, shipped])
  expect(await listener.gets(1)).toMatchObject([shipped])
  expect(await accounts.gets(1)).toMatchObject([{ status: 'Shipped', order: { id: order.id } }])
  for (const each of [listener, accounts, replay]) each.close()
})

const attachOrders = ({ id }: Person) => new Db(env.DB).batch([attachGuestOrders(id)])

async function hasConfirmed({ id }: Person): Promise<void> {
  await env.DB.prepare('UPDATE users SET email_confirmed_at = 1 WHERE id = ?').bind(id).run()
}

describe('the hourly job', () => {
  const cleaned = (budget_milliseconds?: number) =>
    cleanUp(
      new Db(env.DB),
      { now: Date.now() },
      budget_milliseconds === undefined ? {} : { budget_milliseconds },
    )
  const isThere = async ({ id }: Person) =>
    (await env.DB.prepare('SELECT 1 FROM users WHERE id = ?').bind(id).first()) !== null
  /** As if all this had happened some days earlier. */
  const ages = (days: number, people: readonly Person[]) =>
    env.DB.batch(
      people.flatMap(({ id }) =>
        [
          'UPDATE users SET created_at = created_at - ? WHERE id = ?',
          'UPDATE sessions SET refreshed_at = refreshed_at - ? WHERE user_id = ?',
        ].map((sql) => env.DB.prepare(sql).bind(days * DAY, id)),
      ),
    )

  it('deletes a guest a day after their session has ended, with the cart', async () => {
    const guest = await aGuest()
    await guest.adds(await aProduct())
    await ages(1.9, [guest])
    await cleaned()
    expect(await isThere(guest)).toBe(true)
    await ages(0.2, [guest])
    expect((await cleaned()).deleted).toMatchObject({ sessions: 1, users: 1 })
    expect(await isThere(guest)).toBe(false)
    expect(await integrityViolations()).toEqual({})
  })

  it('keeps guests who have ordered, have a session or have registered, and accounts', async () => {
    const people = [await aGuest(), await aGuest(), await aGuest(), await aCustomer()] as const
    const [buyer, active, registered] = people
    await buyer.adds(await aProduct())
    await buyer.orders(contact())
    await registers(registered)
    await ages(3, people)
    await env.DB.prepare('UPDATE sessions SET refreshed_at = ? WHERE id = ?')
      .bind(Date.now(), active.session_id)
      .run()
    expect((await cleaned()).deleted).toMatchObject({ sessions: 3, users: 0 })
    for (const each of people) expect(await isThere(each)).toBe(true)
  })

  it('goes on where the last run ended, and says how much waits', async () => {
    const many = JSON.stringify(Array.from({ length: 1500 }, () => 0))
    await env.DB.prepare(
      `INSERT INTO users (email, name, phone, created_at) SELECT '', '', '', 0 FROM json_each(?)`,
    )
      .bind(many)
      .run()
    expect((await cleaned(0)).backlog.users).toBe(1500)
    expect((await cleaned()).deleted.users).toBe(1500)
  })
})

it('nobody becomes staff as a guest', async () => {
  const [guest, staff] = [await aGuest(), await someStaff()]
  expect(await guest.call('GET', '/api/admin/orders/')).toBeProblem(403, 'not_staff')
  expect((await call('POST', '/api/users/guest/', { token: staff.access })).status).toBe(201)
})

// Last, because its orders have no events.
it('a log-in moves a hundred orders at most, and reads no other guests', async () => {
  const [account, guest] = [await aRegisteredCustomer(), await aGuest()]
  await hasConfirmed(account)
  const rowsAfter = async (orders: number) => {
    await env.DB.prepare(
      `INSERT INTO orders (user_id, email, guest_email_key, status, total_cents, ship_name, ship_phone, created_at, updated_at)
       SELECT ?, email, email_key, 'Delivered', 0, '', '', 0, 0 FROM users, json_each(?) WHERE users.id = ?`,
    )
      .bind(guest.id, JSON.stringify(Array.from({ length: orders }, () => 0)), account.id)
      .run()
    const { status, headers } = await logsIn(account.email)
    expect(status).toBe(200)
    return Number(/rows_read=(\d+)/.exec(headers.get('Server-Timing')!)![1])
  }
  const count = async () => (await account.call('GET', '/api/orders/')).body.count
  await rowsAfter(1)
  const few = await rowsAfter(1)
  await env.DB.prepare(
    `INSERT INTO users (email, name, phone, created_at) SELECT '', '', '', ?1 FROM json_each(?2)`,
  )
    .bind(Date.now(), JSON.stringify(Array.from({ length: 1500 }, () => 0)))
    .run()
  expect(await rowsAfter(1)).toBeLessThan(few + 10)
  await rowsAfter(101)
  expect(await count()).toBe(103)
  await rowsAfter(0)
  expect(await count()).toBe(104)
})
