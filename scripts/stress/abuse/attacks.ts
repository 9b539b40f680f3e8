import type { Person } from '../sandbox-shop.ts'
import { Replays } from './replays.ts'

/** Attacks that strangers and customers can make within the rate limits. Each runs until its signal. */

export interface Target {
  origin: string
  attacker: Person
  /** Another account of the attacker, with many events of large orders. */
  hoarder: Person
  /** A revoked session of the victim. */
  revoked: { access: string }
  victim: Person
  /** The e-mail of an account whose password is guessed. */
  guessed: string
  product: number
}

export interface Attack {
  name: string
  /** Counts of outcomes: a status, or a close code. */
  run: (target: Target, signal: AbortSignal) => Promise<Map<string, number>>
}

/**
 * As much as the limits allow in the long run: LIMIT_ADDRESS, LIMIT_LISTEN for connections, and
 * LIMIT_LOG_IN_BY_EMAIL for passwords. Requests beyond them are refused, but would load this machine, which runs the
 * attacker as well.
 */
const REQUESTS_PER_SECOND = 20
const SOCKETS_PER_SECOND = 1
const GUESSES_PER_SECOND = 30 / 60
const AT_ONCE = 4
const LARGEST_BODY = 64 * 1024 - 200

/** Sends requests at the pace of the limits, a few at once. */
async function flood(
  signal: AbortSignal,
  next: (n: number) => [path: string, init: RequestInit],
  { origin }: Target,
  per_second = REQUESTS_PER_SECOND,
): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>()
  let n = 0
  const send = async () => {
    while (!signal.aborted) {
      const [path, init] = next((n += 1))
      const pause = wait((1000 * AT_ONCE) / per_second)
      try {
        const answer = await fetch(origin + path, { ...init, signal })
        await answer.arrayBuffer()
        count(outcomes, String(answer.status))
      } catch (error) {
        if (!signal.aborted) count(outcomes, (error as Error).name)
      }
      await pause
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, send))
  return outcomes
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

function count(outcomes: Map<string, number>, outcome: string): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
}

const json = (body: unknown, headers: Record<string, string> = {}, method = 'POST'): RequestInit => ({
  method,
  headers: { 'Content-Type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

const bearer = ({ access }: { access: string }) => ({ Authorization: `Bearer ${access}` })

/** An address of the attacker, who has many IPv6 networks of 2⁶⁴ addresses. */
const from = (n: number) => ({
  'CF-Connecting-IP': `2001:db8:${(n % 3).toString(16)}:${(n % 4096).toString(16)}::1`,
})

async function replay({ origin, hoarder }: Target, signal: AbortSignal): Promise<Map<string, number>> {
  const replays = new Replays(`${origin.replace('http', 'ws')}/api/orders/events/`, hoarder.access)
  await once(signal)
  replays.end()
  return new Map([
    ['messages', replays.messages],
    ['MiB', Math.round(replays.sent_bytes / 2 ** 20)],
    ['connections', replays.connections],
  ])
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** Opens sockets and guesses passwords with a token whose session was revoked; the owner's socket must stay. */
async function useRevoked(target: Target, signal: AbortSignal): Promise<Map<string, number>> {
  const { origin, revoked, victim } = target
  const outcomes = new Map<string, number>()
  const url = `${origin.replace('http', 'ws')}/api/orders/events/`
  const owner = new WebSocket(url, ['kiosk.v1', `bearer.${victim.access}`])
  let ownerEnd: number | undefined
  owner.addEventListener('close', ({ code }) => {
    if (!signal.aborted) ownerEnd = code
  })
  const guess = flood(
    signal,
    () => [
      '/api/users/password/',
      json({ current_password: 'guess', new_password: 'a new good one' }, bearer(revoked)),
    ],
    target,
  )
  while (!signal.aborted) {
    const socket = new WebSocket(url, ['kiosk.v1', `bearer.${revoked.access}`])
    await new Promise<void>((resolve) => {
      socket.addEventListener('close', ({ code }) => {
        count(outcomes, `closed ${code}`)
        resolve()
      })
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await wait(1000 / SOCKETS_PER_SECOND)
  }
  if (ownerEnd !== undefined) throw new Error(`The owner's socket was closed: ${ownerEnd}.`)
  owner.close()
  for (const [status, times] of await guess) outcomes.set(status, times)
  return outcomes
}

async function sendUnknown({ origin, attacker }: Target, signal: AbortSignal): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>()
  while (!signal.aborted) {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/orders/events/`, [
      'kiosk.v1',
      `bearer.${attacker.access}`,
    ])
    await new Promise<void>((resolve) => {
      socket.addEventListener('open', () => {
        for (let n = 0; n < 200; n += 1) socket.send(JSON.stringify({ type: 'unknown', n }))
      })
      socket.addEventListener('close', ({ code }) => {
        count(outcomes, `closed ${code}`)
        resolve()
      })
      signal.addEventListener('abort', () => (socket.close(), resolve()), { once: true })
    })
    await wait(1000 / SOCKETS_PER_SECOND)
  }
  return outcomes
}

const GROWING = '\uFDFA'.repeat(21_000) // 63 kB, 18 times as many letters after NFKC
const DEEP = `{"a":`.repeat(10_000) + '1' + '}'.repeat(10_000)
const MANY = JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`k${n}`, n])))

const PUBLIC_POSTS = ['/api/users/register/', '/api/token/', '/api/token/refresh/', '/api/token/verify/']

export const ATTACKS: readonly Attack[] = [
  { name: 'replays of every event on ten sockets', run: replay },
  {
    name: 'registration with 63 kB of text that NFKC expands',
    run: (target, signal) =>
      flood(
        signal,
        (n) => [
          '/api/users/register/',
          json(
            n % 2
              ? { email: `${GROWING}@example.com`, name: 'A', phone: '1', password: 'good enough' }
              : { email: 'a@example.com', name: GROWING, phone: '1', password: 'good enough' },
            { 'CF-Connecting-IP': '198.51.100.7' },
          ),
        ],
        target,
      ),
  },
  {
    name: 'deep and wide JSON to public routes',
    run: (target, signal) =>
      flood(
        signal,
        (n) => [
          PUBLIC_POSTS[n % PUBLIC_POSTS.length]!,
          json((n % 2 ? DEEP : MANY).slice(0, LARGEST_BODY), { 'CF-Connecting-IP': '198.51.100.8' }),
        ],
        target,
      ),
  },
  {
    name: 'lists between prices, deep pages, forged cursors',
    run: (target, signal) => {
      const forged = Buffer.from('{"count":[5,0],"after":[1,1]}').toString('base64url')
      const queries = [
        'min_price=10&ordering=-created_at&page_size=100&page=10',
        'min_price=1&ordering=name&page_size=100',
        'page_size=100&page=100',
        `min_price=10&ordering=-created_at&cursor=${forged}`,
        'in_stock=true&ordering=-name&page_size=100&page=10',
      ]
      return flood(
        signal,
        (n) => [
          `/api/products/?${queries[n % queries.length]!}`,
          { headers: { 'CF-Connecting-IP': '198.51.100.9' } },
        ],
        target,
      )
    },
  },
  { name: 'a revoked token: sockets and password changes', run: useRevoked },
  {
    name: 'wrong passwords for one e-mail from many networks',
    run: (target, signal) =>
      flood(
        signal,
        (n) => ['/api/token/', json({ email: target.guessed, password: 'guess' }, from(n))],
        target,
        GUESSES_PER_SECOND,
      ),
  },
  {
    name: 'reads of a customer, at the limit',
    run: (target, signal) => {
      const paths = [
        '/api/cart/',
        '/api/users/profile/',
        '/api/users/sessions/',
        '/api/orders/?page_size=100',
        '/api/health/',
      ]
      return flood(
        signal,
        (n) => [
          paths[n % paths.length]!,
          { headers: { ...bearer(target.attacker), 'CF-Connecting-IP': '198.51.100.10' } },
        ],
        target,
      )
    },
  },
  {
    name: 'orders that are never paid',
    run: (target, signal) =>
      flood(
        signal,
        (n) =>
          n % 2
            ? ['/api/cart/', json({ product_id: target.product, quantity: 1000 }, bearer(target.attacker))]
            : ['/api/orders/create/', { method: 'POST', headers: bearer(target.attacker) }],
        target,
      ),
  },
  { name: 'unknown messages on sockets', run: sendUnknown },
]
