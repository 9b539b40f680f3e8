import { inject } from 'vitest'

/** Calls the shop from outside the browser. */

const shop = inject('shop')
const PASSWORD = 'correct horse battery'

export const { url: SHOP } = shop

export interface Customer {
  id: number
  email: string
  password: string
  access: string
  refresh: string
}

export interface Order {
  id: number
  status: string
  total_price: string
}

/** Sends a request and parses the response; throws with the body of a problem. */
export async function call<Answer>(
  method: string,
  path: string,
  { token, body }: { token?: string; body?: unknown } = {},
): Promise<Answer> {
  const response = await fetch(SHOP + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
  return (text === '' ? undefined : JSON.parse(text)) as Answer
}

export const logIn = (email: string, password: string) =>
  call<{ access: string; refresh: string }>('POST', '/api/token/', { body: { email, password } })

export async function aCustomer(): Promise<Customer> {
  const email = `${crypto.randomUUID()}@example.com`
  const body = { email, password: PASSWORD, name: 'Ann', phone: '1' }
  const { id } = await call<{ id: number }>('POST', '/api/users/register/', { body })
  return { id, email, password: PASSWORD, ...(await logIn(email, PASSWORD)) }
}

export async function anOrder({ access: token }: Customer): Promise<Order> {
  const { results } = await call<{ results: { id: number }[] }>('GET', '/api/products/?in_stock=true')
  await call('POST', '/api/cart/', { token, body: { product_id: results[0]!.id } })
  return call('POST', '/api/orders/create/', { token })
}

let staff: Promise<string> | undefined

/** An access token of the owner. */
export function staffAccess(): Promise<string> {
  staff ??= logIn(shop.staff.email, shop.staff.password).then(({ access }) => access)
  return staff
}

export const staffMove = async ({ id }: Order, status: string) =>
  call<Order>('PATCH', `/api/admin/orders/${id}/`, { token: await staffAccess(), body: { status } })

const { WebSocket } = globalThis // tests of the client take it away

/** Opens a stream outside the browser; resolves when the socket is open. */
export async function listening({ access }: Customer): Promise<WebSocket> {
  const socket = new WebSocket(`${SHOP}/api/orders/events/`, ['kiosk.v1', `bearer.${access}`])
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  return socket
}
