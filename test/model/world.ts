import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { scryptSync } from 'node:crypto'
import { CHECK_NAMES, type CheckName } from '../../src/integrity/check-names.ts'
import { type Piece, pieceSql } from '../../src/integrity/checks.ts'
import { app } from '../../src/app.ts'
import type { Bindings } from '../../src/env.ts'
import { d1Through } from '../d1.ts'
import { ORIGIN } from '../http.ts'
import { aCustomer, loggedIn, PASSWORD, someStaff, unique } from '../shop.ts'
import { DELIVERY, type Shop } from './shop-model.ts'

/** What goes wrong with a round trip to D1: nothing, an error before it, or the response lost after it. */
export type Fault = 'none' | 'lost before' | 'overloaded' | 'lost after' | 'timed out after'

const MESSAGES: Record<Exclude<Fault, 'none'>, string> = {
  'lost before': 'D1_ERROR: Network connection lost.',
  overloaded: 'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
  'lost after': 'D1_ERROR: Network connection lost.',
  'timed out after': 'D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.',
}

/** A D1 whose batches fail as `next` says. */
function faulty(db: D1Database, next: () => Fault): D1Database {
  return d1Through(db, async (statements, session) => {
    const fault = next()
    if (fault === 'lost before' || fault === 'overloaded') throw new Error(MESSAGES[fault])
    const results = await session.batch(statements)
    if (fault !== 'none') throw new Error(MESSAGES[fault])
    return results
  })
}

export interface Reply {
  status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- looked into freely
  body: any
  replayed: boolean
}

export interface Sent {
  method: string
  path: string
  token: string | undefined
  body: unknown
  key: string
}

const CHEAP_HASH = `$scrypt$ln=1,r=8,p=1$${btoa('salt')}$${scryptSync(PASSWORD, 'salt', 32, { N: 2, r: 8, p: 1 }).toString('base64')}`

/** Enough that a client gives up only when something is wrong for good. */
const TRIES = 40

const TABLES = ['products', 'orders', 'cart_items', 'users', 'payments', 'refunds'] as const

/** The table whose ids an integrity check scans. */
function scannedBy(check: CheckName): (typeof TABLES)[number] {
  if (check === 'open_orders_are_those_pending') return 'users'
  if (/^(order|refunding|paid_order|shipped_order)_/.test(check)) return 'orders'
  if (/^(payment|returned|stock_is_held|money)_/.test(check)) return 'payments'
  if (check.startsWith('refund_')) return 'refunds'
  return check.startsWith('cart_') ? 'cart_items' : 'products'
}

/** The real shop, as clients see it: they send everything with a key and try again when it is out of reach. */
export class World {
  readonly staff: string
  readonly category_id: number
  readonly delivery_option: number
  readonly #bindings: Bindings
  readonly #before: Record<string, number>
  faults = 0

  private constructor(
    staff: string,
    category_id: number,
    delivery_option: number,
    before: Record<string, number>,
    next: () => Fault,
  ) {
    this.staff = staff
    this.category_id = category_id
    this.delivery_option = delivery_option
    this.#before = before
    const counted = () => {
      const fault = next()
      if (fault !== 'none') this.faults += 1
      return fault
    }
    this.#bindings = { ...env, TAX_RATE: '19.00', DB: faulty(env.DB, counted) }
  }

  static async open(next: () => Fault = () => 'none'): Promise<World> {
    const before: Record<string, number> = {}
    for (const table of TABLES) {
      before[table] = (await env.DB.prepare(`SELECT max(id) AS id FROM ${table}`).first<number>('id')) ?? 0
    }
    const name = unique()
    const category = await env.DB.prepare(
      `INSERT INTO categories (name, name_key, description) VALUES (?, ?, '') RETURNING id`,
    )
      .bind(name, name)
      .first<number>('id')
    const [, option] = await env.DB.batch<{ id: number }>([
      env.DB.prepare('DELETE FROM delivery_options'),
      env.DB.prepare(
        `INSERT INTO delivery_options (name, price_cents, free_from_cents, countries, active)
         VALUES ('Parcel', ?, ?, '[]', 1) RETURNING id`,
      ).bind(DELIVERY.price, DELIVERY.free_from),
    ])
    // A session of its own: a long run outlives an access token.
    const { access } = await loggedIn((await staffOfAll()).id, 1)
    return new World(access, category!, option!.results[0]!.id, before, next)
  }

  async send({ method, path, token, body, key }: Sent): Promise<Reply> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const request = new Request(ORIGIN + path, {
        method,
        headers: {
          'Content-Type': 'application/json',
          'Idempotency-Key': key,
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const response = await app.fetch(request, this.#bindings, createExecutionContext())
      const text = await response.text()
      if (response.status === 503) continue
      if (response.status >= 500) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
      return {
        status: response.status,
        body: text === '' ? undefined : JSON.parse(text),
        replayed: response.headers.get('Idempotent-Replayed') === 'true',
      }
    }
    throw new Error(`${method} ${path} found no answer in ${TRIES} tries`)
  }

  async newCustomer(): Promise<{ id: number; access: string; refresh: string; email: string }> {
    const { id, access, refresh, email } = await aCustomer()
    return { id, access, refresh, email }
  }

  logIn(user_id: number): Promise<{ access: string; refresh: string }> {
    return loggedIn(user_id, 0)
  }

  /** Gives an account the password of the tests, by a hash that costs nothing. The log-in replaces it. */
  async setPassword(user_id: number): Promise<void> {
    await env.DB.prepare('UPDATE users SET password_hash = ? WHERE id = ?').bind(CHEAP_HASH, user_id).run()
  }

  /** Violations among the rows added since this world was opened, in one round trip. */
  async integrityViolations(): Promise<Record<string, unknown>> {
    const pieces = await env.DB.batch<Piece>(
      CHECK_NAMES.map((check) =>
        env.DB.prepare(pieceSql(check, this.#before[scannedBy(check)]!, { now: Date.now() })),
      ),
    )
    const found = CHECK_NAMES.map((check, index) => [check, pieces[index]!.results[0]!] as const)
    return Object.fromEntries(found.filter(([, { violations }]) => violations > 0))
  }

  /** The part of the database that the model knows, in the model's own form. */
  async state(shop: Shop): Promise<ReturnType<Shop['state']>> {
    const list = (ids: number[]) => JSON.stringify(ids)
    const [products, carts, orders] = await env.DB.batch([
      env.DB.prepare(
        'SELECT id, stock, price_cents FROM products WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id',
      ).bind(list(shop.products.map(({ id }) => id))),
      env.DB.prepare(
        'SELECT user_id, product_id, quantity FROM cart_items JOIN products ON products.id = product_id WHERE user_id IN (SELECT value FROM json_each(?)) ORDER BY user_id, product_id',
      ).bind(list(shop.customers.map(({ id }) => id))),
      env.DB.prepare(
        'SELECT id, user_id, total_cents, status FROM orders WHERE user_id IN (SELECT value FROM json_each(?)) ORDER BY id',
      ).bind(list(shop.customers.map(({ id }) => id))),
    ])
    return {
      products: products!.results,
      carts: carts!.results,
      orders: orders!.results,
    } as ReturnType<Shop['state']>
  }
}

let staff: ReturnType<typeof someStaff> | undefined

function staffOfAll() {
  return (staff ??= someStaff())
}
