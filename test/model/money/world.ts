import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { PretendStripe } from '../../../scripts/pretend-stripe/pretend-stripe.ts'
import worker from '../../../src/index.ts'
import { ORIGIN } from '../../http.ts'
import { aCustomer, loggedIn, someStaff, unique } from '../../shop.ts'
import { Died, type Dice, invoke, NO_DICE, SECRETS } from './invocation.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

/** Enough that somebody gives up only when something is wrong for good. */
const TRIES = 40
const TOKEN_MILLISECONDS = 4 * MINUTE

export interface Reply {
  status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- looked into freely
  body: any
}

export interface Person {
  id: number
  is_staff: 0 | 1
  access: string
  /** When the access token is replaced. */
  until: number
}

export interface Product {
  id: number
  /** Units in the shop at the beginning. */
  units: number
}

/** Placed, as its customer was told. */
export interface Order {
  id: number
  customer: Person
  items: { id: number; quantity: number }[]
  total_cents: number
  /** Cancelled or delivered. */
  isOver: boolean
  isPaid: boolean
}

/** What staff asked for, with the answer; undefined if they gave up. */
export interface AskedRefund {
  order: Order
  status: number | undefined
}

/** Time of all worlds: it never goes back, since their rows are in one database. */
let clock = Date.UTC(2026, 10, 26)

/** A shop that takes payments, its customers and Stripe. Everybody repeats what gets no answer. */
export class MoneyWorld {
  readonly stripe: PretendStripe
  readonly staff: Person
  readonly customers: Person[]
  readonly products: Product[]
  readonly orders: Order[] = []
  /** Pages whose address a customer has got, by session. */
  readonly pages = new Map<string, Order>()
  readonly refunds: AskedRefund[] = []
  /** What has been done, for the message of a failure. */
  readonly story: string[] = []
  dice: Dice = NO_DICE

  private constructor(staff: Person, customers: Person[], products: Product[]) {
    this.staff = staff
    this.customers = customers
    this.products = products
    this.stripe = new PretendStripe({
      ...SECRETS,
      now: () => clock,
      endpoint: `${ORIGIN}/api/payments/stripe/`,
      deliver: (request) =>
        invoke(this.stripe, this.dice, (bindings, context) => worker.fetch(request, bindings, context)),
    })
  }

  static async open(): Promise<MoneyWorld> {
    this.#setTime()
    const staff = await staffOfAll()
    const customers = await Promise.all([aCustomer(), aCustomer()])
    const name = unique()
    const category = await env.DB.prepare(
      `INSERT INTO categories (name, name_key, description) VALUES (?, ?, '') RETURNING id`,
    )
      .bind(name, name)
      .first<number>('id')
    const world = new MoneyWorld(
      staff,
      customers.map(({ id }) => ({ id, is_staff: 0, access: '', until: 0 })),
      [],
    )
    for (const [units, price] of [
      [8, '19.99'],
      [3, '0.75'],
    ] as const) {
      const body = { name, description: '', price, stock: units, category }
      const made = await world.send(staff, 'POST', '/api/admin/products/', body)
      world.products.push({ id: made!.body.id, units })
    }
    return world
  }

  get now(): number {
    return clock
  }

  /** Lets time pass, for the shop and for Stripe. */
  pass(milliseconds: number): void {
    clock += milliseconds
    MoneyWorld.#setTime()
    this.stripe.account.tick()
  }

  static #setTime(): void {
    vi.setSystemTime(clock)
  }

  /** Sends a request until it is answered, with one key. Undefined if the sender gave up. */
  async send(
    person: Person,
    method: string,
    path: string,
    body?: unknown,
    { givesUp = false } = {},
  ): Promise<Reply | undefined> {
    const key = unique()
    for (let tries = 0; tries < TRIES; tries += 1) {
      const reply = await this.#attempt(person, method, path, key, body)
      if (reply && reply.status !== 503) {
        if (reply.status >= 500) throw new Error(`${method} ${path}: ${JSON.stringify(reply)}`)
        if (reply.status !== 401) return reply
        person.until = 0 // time has passed meanwhile
      }
      if (givesUp && reply?.status !== 401) return undefined
      this.pass(1000)
    }
    throw new Error(`${method} ${path} found no answer in ${TRIES} tries`)
  }

  async #attempt(
    person: Person,
    method: string,
    path: string,
    key: string,
    body: unknown,
  ): Promise<Reply | undefined> {
    const token = await this.#tokenOf(person)
    const request = new Request(ORIGIN + path, {
      method,
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': key,
        Authorization: `Bearer ${token}`,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    try {
      const response = await invoke(this.stripe, this.dice, (bindings, context) =>
        worker.fetch(request, bindings, context),
      )
      const text = await response.text()
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
    } catch (error) {
      if (error instanceof Died) return undefined
      throw error
    }
  }

  async #tokenOf(person: Person): Promise<string> {
    if (person.until > clock) return person.access
    const { access } = await loggedIn(person.id, person.is_staff)
    Object.assign(person, { access, until: clock + TOKEN_MILLISECONDS })
    return access
  }

  /** The job of the minute. It may fail: the next one does its work. */
  async runJob(): Promise<void> {
    const event = { cron: '* * * * *', scheduledTime: clock, noRetry: () => {} } as ScheduledController
    try {
      await invoke(this.stripe, this.dice, (bindings) => worker.scheduled(event, bindings))
    } catch (error) {
      if (this.dice === NO_DICE) throw error
    }
  }
}

let staff: Promise<Person> | undefined

function staffOfAll(): Promise<Person> {
  return (staff ??= someStaff().then(({ id }) => ({ id, is_staff: 1, access: '', until: 0 })))
}
