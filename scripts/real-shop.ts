import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { issueTokens, SESSION_MILLISECONDS, type TokenSource } from '../src/auth/tokens.ts'
import { withDatabase } from './local.ts'
import { killShop, startShop } from './local-shop.ts'
import { openWorkshop } from './workshop.ts'

const STAFF = 'staff@example.com'
/** Of the one product, more than will ever be ordered. */
export const STOCK = 1_000_000

export interface Person {
  email: string
  access: string
  refresh: string
}

/** Who trades in what. */
export interface Parties {
  product: number
  staff: Person
  customers: Person[]
}

interface Sent {
  method?: 'POST' | 'PATCH'
  body: unknown
  access?: string
  /** Its Idempotency-Key. */
  key?: string
}

/** A shop as `npm start` runs it, in a copy of the project, to be loaded, killed and started again. */
export class RealShop {
  static readonly port = 8797
  readonly workshop: string
  readonly #origin = `http://127.0.0.1:${RealShop.port}`
  #server: ChildProcess | undefined

  constructor() {
    process.on('exit', () => this.kill()) // before its workshop goes
    this.workshop = openWorkshop()
  }

  /** Starts with one product and so many customers, logged in like the staff. */
  async open(count: number): Promise<Parties> {
    await this.start()
    const emails = Array.from({ length: count }, (_, n) => `shopper-${n}@example.com`)
    const logins = await withDatabase((db) => insertPeople(db, [STAFF, ...emails]), this.workshop)
    const { JWT_SECRET } = parseEnv(readFileSync(join(this.workshop, '.dev.vars'), 'utf8'))
    const people = logins.map(async ({ email, ...login }): Promise<Person> => {
      return { email, ...(await issueTokens(login, { current: JWT_SECRET! })) }
    })
    const [staff, ...customers] = await Promise.all(people)
    const thing = { name: 'Thing', description: '', price: '1.00', stock: STOCK, category: 1 }
    const { body } = await this.send('/api/admin/products/', { body: thing, access: staff!.access })
    return { product: body.id, staff: staff!, customers }
  }

  /** Starts on the state that is there. */
  async start(): Promise<void> {
    this.#server = await startShop(this.workshop, RealShop.port)
  }

  /** As when the power goes: its whole process group at once, without a good-bye. */
  kill(): void {
    const server = this.#server
    if (server && server.exitCode === null && server.signalCode === null) killShop(server)
    this.#server = undefined
  }

  /** The next pair of tokens of a login. */
  async renew(person: Person): Promise<void> {
    const { status, body } = await this.send('/api/token/refresh/', { body: { refresh: person.refresh } })
    if (status !== 200) throw new Error(`${person.email} got no new tokens: ${JSON.stringify(body)}`)
    Object.assign(person, body)
  }

  /** Reads a path, or the address of a next page. */
  async read(path: string, access?: string) {
    const headers = access === undefined ? {} : { Authorization: `Bearer ${access}` }
    const answer = await fetch(new URL(path, this.#origin), { headers })
    // oxlint-disable-next-line typescript/no-explicit-any -- looked into freely
    return (await answer.json()) as any
  }

  async send(path: string, { method = 'POST', body, access, key }: Sent) {
    const answer = await fetch(new URL(path, this.#origin), {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(access === undefined ? {} : { Authorization: `Bearer ${access}` }),
        ...(key === undefined ? {} : { 'Idempotency-Key': key }),
      },
      body: JSON.stringify(body),
    })
    // oxlint-disable-next-line typescript/no-explicit-any -- looked into freely
    return { status: answer.status, body: (await answer.json()) as any }
  }
}

/**
 * Accounts with a live login each, the first of them staff. Straight into the database: registering and
 * logging in would take a password hash each.
 */
async function insertPeople(
  db: D1Database,
  emails: readonly string[],
): Promise<(TokenSource & { email: string })[]> {
  const now = Date.now()
  const [, , logins] = await db.batch<TokenSource & { email: string }>([
    db
      .prepare(
        `INSERT INTO users (email, email_key, name, phone, password_hash, is_staff, created_at)
         SELECT value, value, 'Somebody', '1', 'none', value = ?, ? FROM json_each(?)`,
      )
      .bind(STAFF, now, JSON.stringify(emails)),
    db
      .prepare(
        `INSERT INTO sessions (user_id, is_staff, user_agent, created_at, refreshed_at, ends_at)
         SELECT id, is_staff, 'torture', ?, ?, ? FROM users WHERE password_hash = 'none'`,
      )
      .bind(now, now, now + SESSION_MILLISECONDS),
    db.prepare(
      `SELECT email, sessions.* FROM sessions JOIN users ON users.id = user_id
       WHERE password_hash = 'none' ORDER BY user_id`,
    ),
  ])
  return logins!.results
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
