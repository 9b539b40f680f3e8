import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeEach, expect, vi } from 'vitest'
import { PAUSE_MILLISECONDS } from '../../src/events/reader.ts'
import { theOwner } from '../shop.ts'

/** Receivers of webhooks at addresses under example.com, which keep what they take. */

export interface Received {
  id: string
  type: string
  timestamp: string
  data: any // oxlint-disable-line typescript/no-explicit-any -- as a receiver parses it
}

export interface Endpoint {
  id: number
  url: string
  secret: string
  /** What it has taken, verified by the package of Standard Webhooks. */
  taken: Received[]
  /** All calls, with their headers. */
  calls: { headers: Headers; body: string }[]
  path: string
}

type Answers = (received: Received) => Response | Promise<Response>

const endpoints = new Map<string, Endpoint & { answers: Answers }>()
let serial = 0

/** Replaces `fetch` for the tests of a file. Each begins without an endpoint. */
export function receiveWebhooks(): void {
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const endpoint = endpoints.get(url)
    if (!endpoint) throw new Error(`Nobody receives webhooks at ${url}`)
    expect(init).toMatchObject({ method: 'POST', redirect: 'manual' })
    const headers = new Headers(init.headers)
    const body = init.body as string
    endpoint.calls.push({ headers, body })
    new Webhook(endpoint.secret).verify(body, Object.fromEntries(headers))
    const received = { id: headers.get('webhook-id')!, ...(JSON.parse(body) as Omit<Received, 'id'>) }
    const answer = await Promise.race([endpoint.answers(received), aborted(init.signal!)])
    if (answer.ok) endpoint.taken.push(received)
    return answer
  })
  beforeEach(async () => {
    await env.DB.exec('DELETE FROM webhooks')
    endpoints.clear()
  })
  afterAll(() => {
    vi.unstubAllGlobals()
  })
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })
}

const EVERYTHING = [
  'order.placed',
  'order.paid',
  'order.shipped',
  'order.delivered',
  'order.cancelled',
  'order.refunded',
  'product.low_stock',
]

export async function anEndpoint(given: Record<string, unknown> = {}): Promise<Endpoint> {
  const body = { url: `https://receiver-${(serial += 1)}.example.com/hook`, types: EVERYTHING, ...given }
  const answer = await (await theOwner()).call('POST', '/api/admin/webhooks/', { body })
  if (answer.status !== 201) throw new Error(answer.text)
  const { id, url, secret } = answer.body
  const endpoint = {
    id,
    url,
    secret,
    taken: [],
    calls: [],
    path: `/api/admin/webhooks/${id}/`,
    answers: () => new Response(null, { status: 204 }),
  }
  endpoints.set(url, endpoint)
  return endpoint
}

/** What the receiver of an endpoint answers from now on. */
export function receiverDoes({ url }: Endpoint, answers: Answers): void {
  endpoints.get(url)!.answers = answers
}

export const objectOf = ({ id }: Endpoint) => env.WEBHOOKS.getByName(String(id))

/** Wakes an endpoint and lets it run until it has nothing more to do now. */
export async function deliver(endpoint: Endpoint): Promise<void> {
  await objectOf(endpoint).wake(endpoint.id)
  for (let run = 0; run < 20; run += 1) {
    await runDurableObjectAlarm(objectOf(endpoint))
    const next = await nextAlarm(endpoint)
    if (next === null || next > Date.now() + PAUSE_MILLISECONDS) return
  }
  throw new Error('The endpoint does not come to an end.')
}

export const nextAlarm = (endpoint: Endpoint) =>
  runInDurableObject(objectOf(endpoint), (_, { storage }) => storage.getAlarm())

/** The time until the next attempt passes. */
export async function deliverLater(endpoint: Endpoint): Promise<void> {
  await env.DB.prepare('UPDATE webhooks SET next_at = 0 WHERE id = ?').bind(endpoint.id).run()
  await deliver(endpoint)
}

/** Three days pass for everything that waits. */
export async function deliverDaysLater(endpoint: Endpoint): Promise<void> {
  await env.DB.prepare('UPDATE webhook_deliveries SET retry_until = 0 WHERE webhook_id = ?')
    .bind(endpoint.id)
    .run()
  await deliverLater(endpoint)
}

export const deliveriesOf = async (endpoint: Endpoint, query = '') =>
  (await (await theOwner()).call('GET', `${endpoint.path}deliveries/${query}`)).body.results

export const stateOf = async (endpoint: Endpoint) =>
  (await (await theOwner()).call('GET', endpoint.path)).body
