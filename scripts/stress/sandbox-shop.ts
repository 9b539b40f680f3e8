import type { ChildProcess } from 'node:child_process'
import { issueTokens, SESSION_MILLISECONDS, type TokenSource } from '../../src/auth/tokens.ts'
import { withDatabase } from '../database/local.ts'
import { freePort } from '../sandbox/free-port.ts'
import { openSandbox } from '../sandbox/sandbox.ts'
import { killShop, startShop } from '../sandbox/shop-process.ts'
import { devVar } from '../wrangler/dev-vars.ts'

const STAFF = 'staff@example.com'
/** Of the product that is ordered: more than will ever be ordered. */
export const STOCK = 1_000_000

export interface Person {
  email: string
  access: string
  refresh: string
}

export interface People {
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

/** A shop in a sandbox, run as by `npm start`, to put under load, kill and restart. */
export class SandboxShop {
  readonly sandbox: string
  /** The id of the product that is ordered. */
  product = 0
  #port = 0
  #server: ChildProcess | undefined

  constructor({ limits = false } = {}) {
    process.on('exit', () => this.kill()) // before its folder is removed
    this.sandbox = openSandbox({ asCloned: limits })
  }

  get port(): number {
    return this.#port
  }

  /** The port that it will have, before it opens. */
  async choosePort(): Promise<number> {
    return (this.#port ||= await freePort())
  }

  get isRunning(): boolean {
    return this.#server !== undefined
  }

  /** Starts it, and adds a product to order, a staff account and `count` customers, all logged in. */
  async open(count: number): Promise<People> {
    await this.choosePort()
    await this.start()
    const emails = Array.from({ length: count }, (_, n) => `shopper-${n}@example.com`)
    const sessions = await withDatabase((db) => insertPeople(db, [STAFF, ...emails]), this.sandbox)
    const current = devVar('JWT_SECRET', this.sandbox)!
    const people = sessions.map(async ({ email, ...session }): Promise<Person> => {
      return { email, ...(await issueTokens(session, { current })) }
    })
    const [staff, ...customers] = await Promise.all(people)
    const thing = { name: 'Thing', description: '', price: '1.00', stock: STOCK, category: 1 }
    const { body } = await this.send('/api/admin/products/', { body: thing, access: staff!.access })
    this.product = body.id
    return { staff: staff!, customers }
  }

  /** Starts the process, with the data of the last run. */
  async start(): Promise<void> {
    this.#server = await startShop(this.sandbox, this.#port)
  }

  /** Kills the process like a power cut, if it runs. */
  kill(): void {
    if (this.#server) killShop(this.#server)
    this.#server = undefined
  }

  /** Rotates the tokens of a session. */
  async refresh(person: Person): Promise<void> {
    const { status, body } = await this.send('/api/token/refresh/', { body: { refresh: person.refresh } })
    if (status !== 200) throw new Error(`${person.email} got no new tokens: ${JSON.stringify(body)}`)
    Object.assign(person, body)
  }

  async runJobOfTheMinute(): Promise<void> {
    const job = `http://127.0.0.1:${this.#port}/cdn-cgi/local/scheduled?cron=${encodeURIComponent('* * * * *')}`
    if (!(await fetch(job)).ok) throw new Error('The job of the minute failed.')
  }

  /** Reads a path, or the `next` of a page. */
  async read(path: string, access?: string) {
    const headers = access === undefined ? {} : { Authorization: `Bearer ${access}` }
    const answer = await fetch(new URL(path, `http://127.0.0.1:${this.#port}`), { headers })
    // oxlint-disable-next-line typescript/no-explicit-any -- looked into freely
    return (await answer.json()) as any
  }

  async send(path: string, { method = 'POST', body, access, key }: Sent) {
    const answer = await fetch(new URL(path, `http://127.0.0.1:${this.#port}`), {
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
 * Inserts accounts with an active session each, the first of them staff. Directly into the database, since
 * registering and logging in cost a password hash each.
 */
async function insertPeople(
  db: D1Database,
  emails: readonly string[],
): Promise<(TokenSource & { email: string })[]> {
  const now = Date.now()
  const [, , sessions] = await db.batch<TokenSource & { email: string }>([
    db
      .prepare(
        `INSERT INTO users (email, email_key, name, phone, password_hash, is_staff, created_at)
         SELECT value, value, 'Somebody', '1', 'none', value = ?, ? FROM json_each(?)`,
      )
      .bind(STAFF, now, JSON.stringify(emails)),
    db
      .prepare(
        `INSERT INTO sessions (user_id, is_staff, user_agent, created_at, refreshed_at, ends_at)
         SELECT id, is_staff, 'stress', ?, ?, ? FROM users WHERE password_hash = 'none'`,
      )
      .bind(now, now, now + SESSION_MILLISECONDS),
    db.prepare(
      `SELECT email, sessions.* FROM sessions JOIN users ON users.id = user_id
       WHERE password_hash = 'none' ORDER BY user_id`,
    ),
  ])
  return sessions!.results
}
