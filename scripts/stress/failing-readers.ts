import { once } from 'node:events'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { withDatabase } from '../database/local.ts'
import { type People, SandboxShop } from './sandbox-shop.ts'
import { type Change, Workload } from './workload.ts'

const CUSTOMERS = 12
const RECEIVERS = ['books', 'parcels'] as const
type Receiver = (typeof RECEIVERS)[number]

/**
 * Orders are timed at some three changes a second. The shop, D1, the provider of mail and the receivers share one
 * machine: under full load, deliveries would slow orders down even if no order waits for a delivery.
 */
const CALM = { customers: 3, changes: 200, maxPause: 2000 }

/** In turns without and with readers, so that both meet the same noise of the machine. */
const TURNS = 10

/** Within which everything must have been delivered once the receivers and the provider of mail are well. */
const PATIENCE_MILLISECONDS = 180_000

const TYPES = ['order.placed', 'order.shipped', 'order.delivered', 'order.cancelled']

/** What the sandbox changes: receivers on this machine, a provider of mail that fails, and shorter delays. */
function editsOf(receivers: string) {
  return [
    ['src/webhooks/send.ts', 'fetch(url,', `fetch(url.replace('https:/', '${receivers}'),`],
    ['src/webhooks/send.ts', 'TIMEOUT_MILLISECONDS = 15_000', 'TIMEOUT_MILLISECONDS = 1000'],
    ['src/webhooks/webhook.ts', 'const SECOND = 1000', 'const SECOND = 2'],
    ['src/mail/mailer.ts', 'const MINUTE = 60_000', 'const MINUTE = 500'],
    ['src/mail/mailer.ts', 'FIRST_RETRY_MILLISECONDS = 30_000', 'FIRST_RETRY_MILLISECONDS = 100'],
    [
      'src/mail/send-mail.ts',
      '    await answered(',
      `    if (Math.random() < 0.3) throw new Error('down')\n    await answered(`,
    ],
  ] as const
}

export interface ReaderFigures {
  orders: number
  messages: number
  /** Requests to receivers that failed or repeated a message. */
  repeats: number
  /** Of placing an order, in milliseconds. */
  p90: { without: number; with: number }
}

/**
 * Changes orders while mail and two receivers of webhooks fail, hang, answer 500, 410 and redirects, and kills the shop.
 * In the end each receiver must have every event in order, and nothing may be parked.
 */
export async function failReaders(
  changes: number,
  rounds: number,
  random: () => number,
): Promise<ReaderFigures> {
  const plain = new SandboxShop()
  appendFileSync(join(plain.sandbox, '.dev.vars'), 'MAIL_FROM=""\n')
  const plainPeople = await plain.open(CALM.customers)
  const shop = new SandboxShop()
  const receivers = await serveReceivers(random)
  for (const [file, from, to] of editsOf(receivers.url)) edit(join(shop.sandbox, file), from, to)
  const people = await shop.open(CUSTOMERS)
  const { staff } = people
  const endpoints = new Map<Receiver, number>()
  for (const name of RECEIVERS) {
    const body = { url: `https://${name}.example.com/hook`, types: TYPES }
    const answer = await shop.send('/api/admin/webhooks/', { body, access: staff.access })
    receivers.secrets.set(name, answer.body.secret)
    endpoints.set(name, answer.body.id)
  }
  const calm: Record<'without' | 'with', Change[]> = { without: [], with: [] }
  for (let turn = 0; turn < TURNS; turn += 1) {
    calm.without.push(...(await changeCalmly(plain, plainPeople, changes, random)))
    calm.with.push(...(await changeCalmly(shop, people, changes, random)))
    await allDelivered(shop, people, endpoints)
  }
  plain.kill()
  const workload = new Workload(shop, people, changes, random)
  const running = workload.run()
  for (let round = 1; round <= rounds; round += 1) {
    await pause(2000 + random() * 3000)
    shop.kill()
    await shop.start()
    await refreshAll(shop, people)
    await resume(shop, people, endpoints)
    console.log(`power cut ${round} of ${rounds} while readers fail: ${workload.left} changes still to make`)
  }
  await running
  receivers.areWell = true
  edit(join(shop.sandbox, 'src/mail/send-mail.ts'), 'Math.random() < 0.3', 'Math.random() < 0')
  shop.kill()
  await shop.start()
  await allDelivered(shop, people, endpoints)
  shop.kill()
  const events = await withDatabase(readEvents, shop.sandbox)
  for (const name of RECEIVERS) compare(name, receivers.taken.get(name)!, events)
  receivers.close()
  return {
    orders: [...calm.with, ...workload.changes].filter(({ status }) => status === 'Pending').length,
    messages: events.length,
    repeats: receivers.calls - RECEIVERS.length * events.length,
    p90: { without: p90Of(calm.without), with: p90Of(calm.with) },
  }
}

/** One turn; returns its changes. */
async function changeCalmly(
  shop: SandboxShop,
  people: People,
  changes: number,
  random: () => number,
): Promise<Change[]> {
  await refreshAll(shop, people)
  const few = { ...people, customers: people.customers.slice(0, CALM.customers) }
  const each = Math.ceil(Math.min(changes, CALM.changes) / TURNS)
  const workload = new Workload(shop, few, each, random, CALM.maxPause)
  await workload.run()
  return workload.changes
}

function p90Of(changes: readonly Change[]): number {
  const times = changes
    .flatMap(({ status, timing }) =>
      status === 'Pending' && timing ? [timing.answered_at - timing.sent_at] : [],
    )
    .toSorted((a, b) => a - b)
  return Math.round(times[Math.floor(times.length * 0.9)]!)
}

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8')
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`)
  writeFileSync(file, text.replace(from, to))
}

/** Two receivers in this process, so that they survive the shop. */
async function serveReceivers(random: () => number) {
  const receivers = {
    url: '',
    areWell: false,
    calls: 0,
    secrets: new Map<Receiver, string>(),
    /** What each has taken: ids and events. */
    taken: new Map<Receiver, { id: string; event: string }[]>(RECEIVERS.map((name) => [name, []])),
    close: () => server.close().closeAllConnections(),
  }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    receivers.calls += 1
    const name = request.url!.split('/')[1]!.split('.')[0] as Receiver
    let body = ''
    for await (const chunk of request) body += String(chunk)
    new Webhook(receivers.secrets.get(name)!).verify(body, request.headers as Record<string, string>)
    const luck = receivers.areWell ? 1 : random()
    if (luck < 0.03) return // hangs
    response.statusCode = luck < 0.05 ? 302 : luck < 0.06 ? 410 : luck < 0.2 ? 500 : 204
    response.setHeader('Location', 'http://127.0.0.1:9/').end()
    if (response.statusCode !== 204) return
    const { type, data } = JSON.parse(body) as { type: string; data: { order: { id: number } } }
    receivers.taken
      .get(name)!
      .push({ id: String(request.headers['webhook-id']), event: `${type} ${data.order.id}` })
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error('A receiver refused a message', error)
      process.exitCode = 1
      response.writeHead(400).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  receivers.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return receivers
}

/** Access tokens live for five minutes, and all of it takes longer. */
async function refreshAll(shop: SandboxShop, { staff, customers }: People): Promise<void> {
  for (const person of [staff, ...customers]) await shop.refresh(person)
}

/** Makes endpoints active again that a 410 has stopped, as staff would. */
async function resume(shop: SandboxShop, { staff }: People, endpoints: Map<Receiver, number>): Promise<void> {
  await shop.refresh(staff)
  for (const id of endpoints.values()) {
    const body = { active: true }
    await shop.send(`/api/admin/webhooks/${id}/`, { method: 'PATCH', body, access: staff.access })
  }
}

async function allDelivered(
  shop: SandboxShop,
  people: People,
  endpoints: Map<Receiver, number>,
): Promise<void> {
  const late = AbortSignal.timeout(PATIENCE_MILLISECONDS)
  for (;;) {
    await resume(shop, people, endpoints)
    await shop.runJobOfTheMinute()
    const { access } = people.staff
    const { results } = await shop.read('/api/admin/webhooks/', access)
    const mails = await shop.read('/api/admin/mail/?page_size=1', access)
    const states = results as { waiting: number; parked: number; active: boolean }[]
    if (states.some(({ parked }) => parked > 0)) throw new Error('A message was parked')
    if (mails.count === 0 && states.every(({ waiting, active }) => waiting === 0 && active)) return
    if (late.aborted) throw new Error(`Not all was delivered: ${JSON.stringify({ states, mails })}`)
    await pause(1000)
  }
}

async function readEvents(db: D1Database): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT order_id, iif(from_status IS NULL, 'placed', lower(to_status)) AS type FROM order_events ORDER BY id`,
    )
    .all<{ order_id: number; type: string }>()
  return results.map(({ order_id, type }) => `order.${type} ${order_id}`)
}

function compare(
  name: Receiver,
  taken: readonly { id: string; event: string }[],
  events: readonly string[],
): void {
  const firsts = [...new Map(taken.map(({ id, event }) => [id, event])).values()]
  const at = events.findIndex((event, index) => event !== firsts[index])
  if (at >= 0 || firsts.length !== events.length)
    throw new Error(
      `${name} has ${firsts.length} events of ${events.length}; the first that differs is ${at}: ${firsts[at]} instead of ${events[at]}`,
    )
}
