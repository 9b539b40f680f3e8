import { env } from 'cloudflare:workers'
import { issueTokens } from '../src/auth/tokens.ts'
import { call, type Answer, get, patch, post } from './http.ts'
import { PASSWORD } from './leaks.ts'

/** Builders of a shop's data and people. Each creates its own rows, so that tests stay independent. */

export { PASSWORD }

let serial = 0

/** A unique text. Letters only, so that an e-mail made of it resembles no password of digits. */
export function unique(): string {
  const letters = (text: string) => text.replaceAll(/\d/g, (digit) => 'ghijklmnop'[Number(digit)]!)
  return letters(`${(serial += 1)}-${crypto.randomUUID().slice(0, 8)}`)
}

export interface Person {
  id: number
  email: string
  name: string
  session_id: number
  access: string
  refresh: string
  call: typeof call
  cart(): Promise<Answer['body']>
  adds(product: { id: number }, quantity?: number): Promise<Answer>
  orders(body?: unknown, headers?: Record<string, string>): Promise<Answer>
  orderHistory(): Promise<Answer['body'][]>
  cancels(order: { id: number }): Promise<Answer>
}

/** An address without any of its fields. */
export const noAddressFields = { country: null, postal_code: null, city: null, line1: null, line2: null }

/** A customer who registered and logged in through the API. Costs two password hashes, about half a second. */
export async function aRegisteredCustomer(given: Record<string, unknown> = {}): Promise<Person> {
  const email = `ann-${unique()}@example.com`
  const registration = { email, password: PASSWORD, name: 'Ann Example', phone: '+44 20 7946 0000', ...given }
  const { body: account } = await post('/api/users/register/', registration)
  const { body: tokens } = await post('/api/token/', {
    email: registration.email,
    password: registration.password,
  })
  return person({ ...account, ...tokens, session_id: claimsOf(tokens.access).sid })
}

/** A customer with an active session and tokens signed by the test, which costs no hash. */
export function aCustomer(db = env.DB): Promise<Person> {
  return anAccount(0, db)
}

export function someStaff(db = env.DB): Promise<Person> {
  return anAccount(1, db)
}

async function anAccount(is_staff: number, db: D1Database): Promise<Person> {
  const email = `bob-${unique()}@example.com`
  const name = 'Bob Builder'
  const user = await db
    .prepare(
      `INSERT INTO users (email, email_key, name, phone, address, password_hash, is_staff, created_at)
     VALUES (?, ?, ?, '+1 555 0100', '1 Main Street', ?, ?, ?) RETURNING id`,
    )
    .bind(email, email, name, NO_PASSWORD, is_staff, Date.now())
    .first<{ id: number }>()
  return person({ id: user!.id, email, name, ...(await loggedIn(user!.id, is_staff, db)) })
}

/** A hash that matches no password. */
const NO_PASSWORD = `$scrypt$ln=1,r=8,p=1$${btoa('salt')}$${btoa('\0'.repeat(32))}`

/** An active session of an account, with its tokens. */
export async function loggedIn(user_id: number, is_staff: number, db = env.DB) {
  const now = Date.now()
  const session = await db
    .prepare(
      `INSERT INTO sessions (user_id, is_staff, user_agent, created_at, refreshed_at, ends_at)
     VALUES (?, ?, 'vitest', ?, ?, ?) RETURNING id, user_id, counter, is_staff, refreshed_at, ends_at`,
    )
    .bind(user_id, is_staff, now, now, now + 30 * 86_400_000)
    .first<Parameters<typeof issueTokens>[0]>()
  return { session_id: session!.id, ...(await issueTokens(session!, { current: env.JWT_SECRET })) }
}

/** A guest, with the tokens that the shop gives. */
export async function aGuest(): Promise<Person> {
  const { body: tokens } = await post('/api/users/guest/')
  const { user_id, sid } = claimsOf(tokens.access)
  return person({ id: user_id, email: '', name: '', session_id: sid, ...tokens })
}

/** What a guest sends to order. */
export const contact = () => ({
  email: `gus-${unique()}@example.com`,
  ship_to: { name: 'Gus Guest', phone: '+44 20 7946 0001', address: '2 High Street' },
})

function person(known: Pick<Person, 'id' | 'email' | 'name' | 'session_id' | 'access' | 'refresh'>): Person {
  const self: Person = {
    ...known,
    call: (method, path, options) => call(method, path, { token: known.access, ...options }),
    cart: async () => (await self.call('GET', '/api/cart/')).body,
    adds: (product, quantity = 1) =>
      self.call('POST', '/api/cart/', { body: { product_id: product.id, quantity } }),
    orders: (body, headers = {}) => self.call('POST', '/api/orders/create/', { body, headers }),
    orderHistory: async () => (await self.call('GET', '/api/orders/')).body.results,
    cancels: (order) => self.call('POST', `/api/orders/${order.id}/cancel/`),
  }
  return self
}

let owner: Person | undefined

/** The staff account that the builders use: one per file, and for as long as its token is valid. */
export async function theOwner(): Promise<Person> {
  if (!owner || claimsOf(owner.access).exp * 1000 < Date.now() + 60_000) owner = await someStaff()
  return owner
}

export async function aCategory(given: Record<string, unknown> = {}): Promise<Answer['body']> {
  const { access } = await theOwner()
  const body = { name: `Category ${unique()}`, ...given }
  return (await post('/api/admin/categories/', body, { token: access })).body
}

/** Not active by default: while there is an active one, every order needs a delivery. */
export async function aDeliveryOption(given: Record<string, unknown> = {}): Promise<Answer['body']> {
  const { access } = await theOwner()
  const body = { name: `Parcel ${unique()}`, price: '4.90', active: false, ...given }
  const answer = await post('/api/admin/delivery-options/', body, { token: access })
  if (answer.status !== 201) throw new Error(answer.text)
  return answer.body
}

let anyCategory: Promise<Answer['body']> | undefined

export async function aProduct(given: Record<string, unknown> = {}): Promise<Answer['body']> {
  const { access } = await theOwner()
  const category = given['category'] ?? (await (anyCategory ??= aCategory())).id
  const body = {
    name: `Product ${unique()}`,
    description: 'A thing',
    price: '10.00',
    stock: 10,
    category,
    ...given,
  }
  const answer = await post('/api/admin/products/', body, { token: access })
  if (answer.status !== 201) throw new Error(answer.text)
  return answer.body
}

/** A product as staff see it, without the fields that only they see. */
export function asCustomersSee(product: Answer['body']): Answer['body'] {
  const { published: _published, low_stock: _low_stock, ...shown } = product
  return shown
}

/** An order of one line, placed by `customer` or a new one. */
export async function anOrder(
  customer?: Person,
  product?: { id: number },
  quantity = 1,
): Promise<Answer['body']> {
  const buyer = customer ?? (await aCustomer())
  await buyer.adds(product ?? (await aProduct()), quantity)
  return (await buyer.orders()).body
}

export async function staffEdits(product: { id: number }, change: object): Promise<Answer> {
  const { access } = await theOwner()
  return patch(`/api/admin/products/${product.id}/`, change, { token: access })
}

export async function staffMoves(order: { id: number }, status: string): Promise<Answer> {
  const { access } = await theOwner()
  return patch(`/api/admin/orders/${order.id}/`, { status }, { token: access })
}

export async function stockOf(product: { id: number }): Promise<number> {
  return (await get(`/api/products/${product.id}/`)).body.stock
}

/** The ledger of a product, oldest first. */
export async function movementsOf(product: { id: number }): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare('SELECT * FROM stock_movements WHERE product_id = ? ORDER BY id')
    .bind(product.id)
    .all()
  return results
}

export async function eventsOf(order: { id: number }): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare('SELECT * FROM order_events WHERE order_id = ? ORDER BY id')
    .bind(order.id)
    .all()
  return results
}

/** Starts this many promises at the same time. */
export function simultaneously<T>(times: number, act: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => act(index)))
}

export function countBy<T>(items: readonly T[], keyOf: (item: T) => string | number): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1
  return counts
}

/** The claims of a token, unverified. */
export function claimsOf(token: string) {
  return JSON.parse(atob(token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')))
}

/** The only endpoint for webhooks of the shop, inactive and with a parked message. */
export async function aWebhook(): Promise<{ path: string; delivery_id: number }> {
  const [, webhook, delivery] = await env.DB.batch<{ id: number }>([
    env.DB.prepare('DELETE FROM webhooks'),
    env.DB.prepare(
      `INSERT INTO webhooks (url, types, active, secret, created_at)
       VALUES ('https://books.example/', '["order.paid"]', 0, 'whsec_c2VjcmV0', 0) RETURNING id`,
    ),
    env.DB.prepare(
      `INSERT INTO webhook_deliveries (webhook_id, message_id, type, body, state, retry_until, created_at)
       SELECT max(id), 'msg_1', 'order.paid', '{}', 'parked', 0, ? FROM webhooks RETURNING id`,
    ).bind(Date.now()),
  ])
  return { path: `/api/admin/webhooks/${webhook!.results[0]!.id}`, delivery_id: delivery!.results[0]!.id }
}
