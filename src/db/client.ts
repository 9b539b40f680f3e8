import {
  type Compilable,
  type CompiledQuery,
  type DeleteResult,
  type InsertResult,
  Kysely,
  sql,
  SqliteQueryCompiler,
  type UpdateResult,
} from 'kysely'
import { D1Dialect } from 'kysely-d1'
import { AppError } from '../errors.ts'
import { aroundEffect, type Claim, RepeatedRequest } from './idempotency.ts'
import { outageIn, refusalIn, refuseWhen, violates } from './refusal.ts'
import type { Database } from './schema.ts'
import { Session, type SessionStart, type Statement, type Usage } from './session.ts'

/** An unexecuted query: a Kysely builder, or raw SQL compiled. */
export type Query<Row = unknown> = Compilable<Row> | CompiledQuery<Row>

type Rows<Q> =
  Q extends Query<infer Row>
    ? Row extends InsertResult | UpdateResult | DeleteResult
      ? never[]
      : Row[]
    : never
type BatchRows<Qs extends readonly Query[]> = { -readonly [I in keyof Qs]: Rows<Qs[I]> }

/** Whose login must be live, at this moment, for anything to happen. */
export interface Caller {
  login_id: number
  user_id: number
  /** The account must also be staff. */
  staff: boolean
  /** What staff do with this request, for the trail of their actions. */
  action?: { method: string; path: string; body: string | null } | undefined
  now: number
}

const compiler = new SqliteQueryCompiler()

/** A request makes more than one `Db`; the costly part of one, the compiler, keeps nothing between queries. */
class Dialect extends D1Dialect {
  override createQueryCompiler() {
    return compiler
  }
}

/**
 * Kysely over D1, plus the one thing D1 has in place of transactions. What a caller's `Db` sends
 * begins with the check that their login is live, in the same trip.
 */
export class Db extends Kysely<Database> {
  readonly #session: Session
  readonly #caller: Caller | undefined
  readonly #claim: Claim | undefined

  constructor(d1: D1Database | Session, { caller, claim }: { caller?: Caller; claim?: Claim } = {}) {
    // What kysely-d1 asks of its binding: single reads run through the same door as batches.
    const binding = {
      prepare: (text: string) => ({
        bind: (...parameters: unknown[]) => ({ all: () => this.#runOne({ sql: text, parameters }) }),
      }),
    }
    super({ dialect: new Dialect({ database: binding as unknown as D1Database }) })
    this.#session = d1 instanceof Session ? d1 : new Session(d1)
    this.#caller = caller
    this.#claim = claim
  }

  /** The same database, read from elsewhere: `first-unconstrained` for what may be a little old. */
  from(start: SessionStart): Db {
    return new Db(this.#session.startingAt(start))
  }

  /** The same database, speaking for a caller, read from where they may. */
  as(caller: Caller, start: SessionStart = 'first-primary'): Db {
    return new Db(this.#session.startingAt(start), { caller })
  }

  /** The same way to the database, for one effect that a repeated request does not have again. */
  once(claim: Claim): Db {
    return new Db(this.#session, { ...(this.#caller && { caller: this.#caller }), claim })
  }

  get usage(): Usage {
    return this.#session.usage
  }

  /** For the client's next request to carry, so that it sees what this one saw and wrote. */
  get bookmark(): string | undefined {
    return this.#session.bookmark
  }

  /**
   * Runs the queries in order, in one round trip, all or nothing. No query can use what an earlier
   * one returned; let SQL carry it across. A query that merely matches no rows does not fail, so
   * whatever must undo the batch has to be a constraint or `refuseWhen`.
   */
  async batch<const Qs extends readonly Query[]>(queries: Qs): Promise<BatchRows<Qs>> {
    const results = await this.#send(queries.map(compiled))
    return results.map((result) => result.results) as BatchRows<Qs>
  }

  async #runOne(statement: Statement): Promise<D1Result> {
    // kysely-d1 reports writes in a form that Kysely warns about.
    if (!isReading(statement.sql)) throw new Error(`Writes go through batch(): ${statement.sql}`)
    const [result] = await this.#send([statement])
    return result!
  }

  async #send(statements: readonly Statement[]): Promise<D1Result[]> {
    const reading = statements.every((statement) => isReading(statement.sql))
    const check = this.#caller && loginCheck(this, this.#caller, reading)
    const around = !reading && this.#claim ? aroundEffect(this, this.#claim) : { before: [], after: [] }
    const trail =
      !reading && this.#caller?.action ? [recordAction(this, this.#caller, this.#caller.action)] : []
    const before = [...(check?.statements ?? []), ...trail, ...around.before]
    try {
      const results = await this.#session.batch([...before, ...statements, ...around.after])
      check?.inspect(results)
      return results.slice(before.length, before.length + statements.length)
    } catch (error) {
      if (this.#claim && violates(error, 'idempotency_keys.user_id')) throw new RepeatedRequest()
      throw refusalIn(error) ?? outageIn(error) ?? error
    }
  }
}

function compiled(query: Query): Statement {
  return 'compile' in query ? query.compile() : query
}

/** A `WITH` counts as writing: it may end in an INSERT. */
function isReading(statement: string): boolean {
  return /^\s*select\b/i.test(statement)
}

/** Whatever staff write leaves a line, in its batch: no route has to think of it. */
function recordAction(db: Db, { user_id, now }: Caller, action: NonNullable<Caller['action']>): Statement {
  return db
    .insertInto('staff_actions')
    .values({ actor_id: user_id, ...action, at: now })
    .compile()
}

/**
 * D1 sends a batch with any writing statement to the primary, so the check of a read is a SELECT whose
 * row is looked at afterwards. The check of a write must abort the batch.
 */
function loginCheck(db: Db, { login_id, user_id, staff, now }: Caller, reading: boolean) {
  const live = db
    .selectFrom('logins')
    .innerJoin('users', 'users.id', 'logins.user_id')
    .where('logins.id', '=', login_id)
    .where('users.id', '=', user_id)
    .where('revoked_at', 'is', null)
    .where('ends_at', '>', now)
  if (reading) {
    return {
      statements: [live.select('users.is_staff').compile()],
      inspect([result]: D1Result[]) {
        const [row] = result!.results as { is_staff: number }[]
        if (!row) throw new AppError('token_revoked', REVOKED)
        if (staff && row.is_staff === 0) throw new AppError('not_staff', NOT_STAFF)
      },
    }
  }
  const statements: Statement[] = [
    refuseWhen(db, sql`NOT EXISTS ${live.select('logins.id')}`, 'token_revoked', REVOKED),
  ]
  if (staff) {
    const isStaff = live.where('users.is_staff', '=', 1).select('logins.id')
    statements.push(refuseWhen(db, sql`NOT EXISTS ${isStaff}`, 'not_staff', NOT_STAFF))
  }
  return { statements, inspect() {} }
}

const REVOKED = 'This login has ended. Please log in again.'
const NOT_STAFF = 'Only staff may do this.'
