import { beforeAll, describe, expect, it } from 'vitest'
import { app } from '../src/app.ts'
import { issueTokens } from '../src/auth/tokens.ts'
import { env } from 'cloudflare:workers'
import { aPicture, uploads } from './a-picture.ts'
import { type Call, call } from './http.ts'
import {
  aCategory,
  aCustomer,
  anOrder,
  aProduct,
  aRegisteredCustomer,
  aWebhook,
  PASSWORD,
  type Person,
  someStaff,
  theOwner,
  unique,
  aDeliveryOption,
} from './shop.ts'

/** Who calls. `ann` owns the thing that the request is about, if it is about one. */
const CALLERS = ['nobody', 'expired token', 'refresh token', 'ann', 'bob', 'staff'] as const
type Caller = (typeof CALLERS)[number]

/** Expected status per caller; `ok` is the response to a valid request of that route. */
const OUTCOMES = {
  public: outcome('ok', { ann: 'ok', bob: 'ok', staff: 'ok' }),
  /** About the caller's own account, whoever it is. */
  customer: outcome(401, { ann: 'ok', bob: 'ok', staff: 'ok' }),
  /** About something of ann's: for everybody else it does not exist. */
  owner: outcome(401, { ann: 'ok', bob: 404, staff: 404 }),
  staff: outcome(401, { ann: 403, bob: 403, staff: 'ok' }),
  /** As if the route did not exist. */
  off: outcome('ok', { ann: 'ok', bob: 'ok', staff: 'ok' }),
} satisfies Record<string, Record<Caller, 'ok' | number>>

function outcome<Stranger>(stranger: Stranger, known: Record<'ann' | 'bob' | 'staff', 'ok' | number>) {
  return { nobody: stranger, 'expired token': stranger, 'refresh token': stranger, ...known }
}

interface Entry {
  access: keyof typeof OUTCOMES
  /** The status of `ok`. */
  ok: number
  /** A valid request, created for each caller; ann where there is no account. */
  request?: (ann: Person, caller: Person) => Promise<{ path?: string } & Call>
}

let member: Person
let product: { id: number }

/** Every route of the app. One that is not here fails the first test. */
const ROUTES: Record<string, Entry> = {
  'GET /api': { access: 'public', ok: 200 },
  'GET /api/health': { access: 'public', ok: 200 },
  'POST /api/users/register': {
    access: 'public',
    ok: 201,
    request: async () => ({
      body: { email: `${unique()}@example.com`, password: PASSWORD, name: 'N', phone: '1' },
    }),
  },
  'POST /api/users/guest': { access: 'public', ok: 201 },
  'POST /api/token': {
    access: 'public',
    ok: 200,
    request: async () => ({ body: { email: member.email, password: PASSWORD } }),
  },
  'POST /api/token/refresh': {
    access: 'public',
    ok: 200,
    request: async ({ refresh }) => ({ body: { refresh } }),
  },
  'POST /api/token/verify': {
    access: 'public',
    ok: 200,
    request: async ({ access }) => ({ body: { token: access } }),
  },
  'POST /api/users/logout': {
    access: 'customer',
    ok: 205,
    request: async (_, { refresh }) => ({ body: { refresh } }),
  },
  'GET /api/users/profile': { access: 'customer', ok: 200 },
  'PUT /api/users/profile': {
    access: 'customer',
    ok: 200,
    request: async () => ({ body: { name: 'N', phone: '1' } }),
  },
  'PATCH /api/users/profile': { access: 'customer', ok: 200, request: async () => ({ body: {} }) },
  // Refused for its body, but not for its caller: the accounts of this test have no password.
  'POST /api/users/password': { access: 'customer', ok: 400, request: async () => ({ body: {} }) },
  'GET /api/users/export': { access: 'customer', ok: 200 },
  // Refused for its body, but not for its caller: the accounts of this test have no password.
  'DELETE /api/users/profile': { access: 'customer', ok: 400, request: async () => ({ body: {} }) },
  'GET /api/users/sessions': { access: 'customer', ok: 200 },
  'DELETE /api/users/sessions/:id': {
    access: 'owner',
    ok: 204,
    request: async ({ session_id }) => ({ path: `/api/users/sessions/${session_id}` }),
  },
  // This shop sends no mail. What a shop does that sends some is in test/mail.
  'POST /api/users/password/reset': { access: 'off', ok: 404 },
  'POST /api/users/password/reset/confirm': { access: 'off', ok: 404 },
  'POST /api/users/email': { access: 'off', ok: 404 },
  'POST /api/users/email/confirm': { access: 'off', ok: 404 },
  'POST /api/users/email/restore': { access: 'off', ok: 404 },
  'GET /api/products': { access: 'public', ok: 200 },
  'GET /api/products/:id': {
    access: 'public',
    ok: 200,
    request: async () => ({ path: `/api/products/${product.id}` }),
  },
  'GET /api/categories': { access: 'public', ok: 200 },
  'GET /api/cart': { access: 'customer', ok: 200 },
  'POST /api/cart': {
    access: 'customer',
    ok: 201,
    request: async () => ({ body: { product_id: product.id } }),
  },
  'POST /api/cart/seen': { access: 'customer', ok: 200, request: async () => ({ body: { changes: [] } }) },
  'DELETE /api/cart': { access: 'customer', ok: 204 },
  'PATCH /api/cart/:id': {
    access: 'owner',
    ok: 200,
    request: async (ann) => ({ path: await lineOf(ann), body: { quantity: 2 } }),
  },
  'DELETE /api/cart/:id': { access: 'owner', ok: 200, request: async (ann) => ({ path: await lineOf(ann) }) },
  'GET /api/orders': { access: 'customer', ok: 200 },
  'POST /api/orders': { access: 'customer', ok: 201, request: withFullCart },
  'POST /api/orders/create': { access: 'customer', ok: 201, request: withFullCart },
  'GET /api/orders/:id': {
    access: 'owner',
    ok: 200,
    request: async (ann) => ({ path: `/api/orders/${(await anOrder(ann, product)).id}` }),
  },
  'POST /api/orders/:id/cancel': {
    access: 'owner',
    ok: 200,
    request: async (ann) => ({ path: `/api/orders/${(await anOrder(ann, product)).id}/cancel` }),
  },
  // This shop takes no payments. What a shop does that takes them is in test/payments.
  'POST /api/orders/:id/payment': {
    access: 'off',
    ok: 404,
    request: async () => ({ path: '/api/orders/1/payment' }),
  },
  'POST /api/payments/stripe': { access: 'off', ok: 404 },
  'POST /api/admin/orders/:id/refunds': {
    access: 'off',
    ok: 404,
    request: async () => ({ path: '/api/admin/orders/1/refunds' }),
  },
  'GET /api/admin/orders/:id/payments': ofOrder(200, undefined, '/payments'),
  // A handshake says no only with a close code (test/live.test.ts); a stream of events with a status.
  'GET /api/orders/events': { access: 'customer', ok: 200, request: streaming },
  'GET /api/admin/orders/events': { access: 'staff', ok: 200, request: streaming },
  'GET /api/admin/products': { access: 'staff', ok: 200 },
  'POST /api/admin/products': {
    access: 'staff',
    ok: 201,
    request: async () => ({
      body: { name: 'P', description: '', price: 1, stock: 1, category: (await aCategory()).id },
    }),
  },
  'GET /api/admin/products/:id': ofProduct(200),
  'PUT /api/admin/products/:id': {
    access: 'staff',
    ok: 200,
    request: async () => {
      const { id, category } = await aProduct()
      const body = { name: 'P', description: '', price: 1, stock: 1, category }
      return { path: `/api/admin/products/${id}`, body }
    },
  },
  'PATCH /api/admin/products/:id': ofProduct(200, { price: 2 }),
  'DELETE /api/admin/products/:id': ofProduct(200),
  'GET /api/admin/products/:id/movements': ofProduct(200, undefined, '/movements'),
  'POST /api/admin/products/:id/pictures': {
    access: 'staff',
    ok: 201,
    request: async () => ({
      path: `/api/admin/products/${(await aProduct()).id}/pictures`,
      headers: { 'Content-Type': 'image/png' },
      body: await aPicture(),
    }),
  },
  'PATCH /api/admin/products/:id/pictures/:picture_id': ofPicture({ alt: 'A mug' }),
  'DELETE /api/admin/products/:id/pictures/:picture_id': ofPicture(),
  'GET /pictures/:file': {
    access: 'public',
    ok: 200,
    request: async () => ({ path: (await aProductWithPicture()).pictures[0].url }),
  },
  'POST /api/admin/products/import': {
    access: 'staff',
    ok: 200,
    request: async () => ({
      body: `name,price\n${unique()},1.00\n`,
      headers: { 'Content-Type': 'text/csv' },
    }),
  },
  'GET /api/admin/products/export': { access: 'staff', ok: 200 },
  'GET /api/admin/orders/export': { access: 'staff', ok: 200 },
  'GET /api/admin/categories': { access: 'staff', ok: 200 },
  'POST /api/admin/categories': {
    access: 'staff',
    ok: 201,
    request: async () => ({ body: { name: unique() } }),
  },
  'GET /api/admin/categories/:id': ofCategory(200),
  'PUT /api/admin/categories/:id': ofCategory(200, { name: true }),
  'PATCH /api/admin/categories/:id': ofCategory(200, { name: true }),
  'DELETE /api/admin/categories/:id': ofCategory(204),
  'GET /api/delivery-options': { access: 'public', ok: 200 },
  'GET /api/admin/delivery-options': { access: 'staff', ok: 200 },
  'POST /api/admin/delivery-options': {
    access: 'staff',
    ok: 201,
    request: async () => ({ body: { name: 'Parcel', price: 1, active: false } }),
  },
  'GET /api/admin/delivery-options/:id': ofDeliveryOption(200),
  'PUT /api/admin/delivery-options/:id': ofDeliveryOption(200, { name: 'P', price: 1, active: false }),
  'PATCH /api/admin/delivery-options/:id': ofDeliveryOption(200, { price: 2 }),
  'DELETE /api/admin/delivery-options/:id': ofDeliveryOption(204),
  'GET /api/admin/orders': { access: 'staff', ok: 200 },
  'GET /api/admin/orders/:id': ofOrder(200),
  'PATCH /api/admin/orders/:id': ofOrder(200, { status: 'Shipped' }),
  'GET /api/admin/orders/:id/events': ofOrder(200, undefined, '/events'),
  'GET /api/admin/mail': { access: 'off', ok: 404 },
  'POST /api/admin/mail/:id/send-again': {
    access: 'off',
    ok: 404,
    request: async () => ({ path: '/api/admin/mail/1/send-again' }),
  },
  'GET /api/admin/webhooks': { access: 'staff', ok: 200 },
  'POST /api/admin/webhooks': {
    access: 'staff',
    ok: 201,
    request: async () => ({
      body: { url: 'https://books.example/', types: ['order.paid'], active: false },
    }),
  },
  'GET /api/admin/webhooks/:id': ofWebhook(200),
  'PATCH /api/admin/webhooks/:id': ofWebhook(200, { types: ['order.placed'] }),
  'DELETE /api/admin/webhooks/:id': ofWebhook(204),
  'POST /api/admin/webhooks/:id/secret': ofWebhook(200, undefined, '/secret'),
  'POST /api/admin/webhooks/:id/test': ofWebhook(202, undefined, '/test'),
  'GET /api/admin/webhooks/:id/deliveries': ofWebhook(200, undefined, '/deliveries'),
  'POST /api/admin/webhooks/deliveries/:id/send-again': {
    access: 'staff',
    ok: 202,
    request: async () => {
      const { delivery_id } = await aWebhook()
      return { path: `/api/admin/webhooks/deliveries/${delivery_id}/send-again` }
    },
  },
  'GET /api/admin/audit-log': { access: 'staff', ok: 200 },
  'GET /api/admin/integrity': { access: 'staff', ok: 200 },
}

async function lineOf(ann: Person): Promise<string> {
  return `/api/cart/${(await ann.adds(product)).body.items[0].id}`
}

async function withFullCart(_: Person, caller: Person): Promise<Call> {
  await caller.adds(product)
  return {}
}

async function streaming(): Promise<Call> {
  return { headers: { Accept: 'text/event-stream' } }
}

function ofProduct(ok: number, body?: object, rest = ''): Entry {
  return {
    access: 'staff',
    ok,
    request: async () => ({ path: `/api/admin/products/${(await aProduct()).id}${rest}`, body }),
  }
}

async function aProductWithPicture() {
  return (await uploads(await aProduct(), await aPicture())).body
}

function ofPicture(body?: object): Entry {
  return {
    access: 'staff',
    ok: 200,
    request: async () => {
      const { id, pictures } = await aProductWithPicture()
      return { path: `/api/admin/products/${id}/pictures/${pictures[0].id}`, body }
    },
  }
}

function ofWebhook(ok: number, body?: object, rest = ''): Entry {
  return {
    access: 'staff',
    ok,
    request: async () => ({ path: `${(await aWebhook()).path}${rest}`, body }),
  }
}

function ofCategory(ok: number, body?: object): Entry {
  return {
    access: 'staff',
    ok,
    request: async () => ({
      path: `/api/admin/categories/${(await aCategory()).id}`,
      body: body && { name: unique() },
    }),
  }
}

function ofDeliveryOption(ok: number, body?: object): Entry {
  return {
    access: 'staff',
    ok,
    request: async () => ({ path: `/api/admin/delivery-options/${(await aDeliveryOption()).id}`, body }),
  }
}

function ofOrder(ok: number, body?: object, rest = ''): Entry {
  return {
    access: 'staff',
    ok,
    request: async (ann) => ({ path: `/api/admin/orders/${(await anOrder(ann, product)).id}${rest}`, body }),
  }
}

/** What the caller shows, and whose it is. */
async function tokenOf(caller: Caller, person: Person): Promise<string | undefined> {
  if (caller === 'nobody') return undefined
  if (caller === 'refresh token') return person.refresh
  if (caller !== 'expired token') return person.access
  const session = { id: person.session_id, user_id: person.id, counter: 0, is_staff: 1 }
  const moments = { refreshed_at: Date.now() - 5 * 60_000, ends_at: Date.now() + 1e9 }
  return (await issueTokens({ ...session, ...moments }, { current: env.JWT_SECRET })).access
}

beforeAll(async () => {
  await theOwner()
  product = await aProduct({ stock: 1_000_000 })
  member = await aRegisteredCustomer()
})

describe('every route', () => {
  it('is in the table', () => {
    const routes = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/(:\w+)\{[^}]*\}/g, '$1')}`)
    expect([...new Set(routes)].toSorted()).toEqual(Object.keys(ROUTES).toSorted())
  })

  describe.each(Object.entries(ROUTES))('%s', (route, { access, ok, request }) => {
    it.each(CALLERS)('called by %s', async (caller) => {
      const [method, declared] = route.split(' ') as [string, string]
      const ann = await aCustomer()
      const person = caller === 'bob' ? await aCustomer() : caller === 'staff' ? await someStaff() : ann
      const { path = declared, ...sent } = (await request?.(ann, person)) ?? {}
      const token = await tokenOf(caller, person)
      const expected = OUTCOMES[access][caller]
      // A stream that opens does not end; that one opens shows in its handshake.
      const opens = expected === 'ok' && route.endsWith('/events') && !path.match(/\d/)
      const answer = await call(method, path, {
        ...sent,
        ...(opens ? { headers: { Upgrade: 'websocket' } } : {}),
        ...(token === undefined ? {} : { token }),
      })
      expect(answer.status).toBe(opens ? 101 : expected === 'ok' ? ok : expected)
      if (expected !== 'ok') expect(Object.keys(answer.body)).not.toContain('results')
    })
  })
})
