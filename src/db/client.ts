import type {
  Compilable,
  CompiledQuery,
  DeleteResult,
  InsertResult,
  QueryExecutorProvider,
  RawBuilder,
  UpdateResult,
} from 'kysely'
import { compiler } from './build.ts'
import { D1Session, type SessionStart, type Statement, type Usage } from './d1-session.ts'
import { outageIn, refusalIn } from './refusal.ts'

/** A query that has been built but not run: Kysely's, or raw SQL. */
export type Query<Row = unknown> = Compilable<Row> | RawBuilder<Row> | CompiledQuery<Row>

type Rows<Q> =
  Q extends Query<infer Row>
    ? Row extends InsertResult | UpdateResult | DeleteResult
      ? never[]
      : Row[]
    : never
type BatchRows<Qs extends readonly Query[]> = { -readonly [I in keyof Qs]: Rows<Qs[I]> }

/**
 * Guards every batch of a request: called for each batch, it adds its own queries before and after those of the
 * batch, in the same transaction and the same round trip.
 */
export type Guard = (batch: { writes: boolean }) => GuardQueries | Promise<GuardQueries>

export interface GuardQueries {
  before?: readonly Query[]
  after?: readonly Query[]
  /** Inspects the rows of `before` and throws if they do not allow the batch. */
  inspect?: (rows: unknown[][]) => void
  /** Translates a D1 error that this guard's own queries caused. */
  translate?: (error: unknown) => Error | undefined
}

/** The D1 access of one request. Kysely builds the queries (`build`); `Db` runs them under the request's guards. */
export class Db {
  readonly #d1: D1Database
  #session: D1Session
  readonly #guards: Guard[] = []

  /** With the usage of another one, adds to it. */
  constructor(d1: D1Database, usage?: Usage) {
    this.#d1 = d1
    this.#session = new D1Session(d1, 'first-primary', usage)
  }

  /** Sets where later batches read: `first-unconstrained` for data that may be slightly stale. */
  readFrom(start: SessionStart): void {
    this.#session = new D1Session(this.#d1, start, this.usage)
  }

  /** Adds a guard to every later batch, after the guards added before. */
  guard(guard: Guard): void {
    this.#guards.push(guard)
  }

  get usage(): Usage {
    return this.#session.usage
  }

  /** The client sends it with its next request, which then sees what this one saw and wrote. */
  get bookmark(): string | undefined {
    return this.#session.bookmark
  }

  /**
   * Runs the queries in order, in one round trip, all or nothing. No query can use the rows that an earlier one
   * returned, only its effects. A query that matches no rows does not fail, so only a constraint or `refuseWhen`
   * can abort the batch.
   */
  async batch<const Qs extends readonly Query[]>(queries: Qs): Promise<BatchRows<Qs>> {
    const statements = queries.map(toStatement)
    const writes = statements.some(({ sql }) => !isReading(sql))
    const guards = await Promise.all(
      this.#guards.map(async (guard) => {
        const { before = [], after = [], ...rest } = await guard({ writes })
        return { before: before.map(toStatement), after: after.map(toStatement), ...rest }
      }),
    )
    const before = guards.flatMap((guard) => guard.before)
    const after = guards.flatMap((guard) => guard.after)
    try {
      const results = await this.#session.batch([...before, ...statements, ...after])
      const rows = results.map((result) => result.results)
      let at = 0
      for (const guard of guards) {
        guard.inspect?.(rows.slice(at, at + guard.before.length))
        at += guard.before.length
      }
      return rows.slice(at, at + statements.length) as BatchRows<Qs>
    } catch (error) {
      // A refusal first: its message may contain any text, that of other errors too.
      const refusal = refusalIn(error)
      if (refusal) throw refusal
      for (const { translate } of guards) {
        const translated = translate?.(error)
        if (translated) throw translated
      }
      throw outageIn(error) ?? error
    }
  }

  /** Runs the guards alone, such as the check of the session, for a request that needs no query. */
  async check(): Promise<void> {
    if (this.#guards.length > 0) await this.batch([])
  }

  /** All rows of one query. */
  async all<Row>(query: Query<Row>): Promise<Row[]> {
    const [rows] = await this.batch([query])
    return rows
  }

  /** The first row of one query. */
  async first<Row>(query: Query<Row>): Promise<Row | undefined> {
    return (await this.all(query))[0]
  }
}

/** Raw SQL needs a compiler as argument; Kysely's builders ignore it. */
function toStatement(query: Query): Statement {
  if (!('compile' in query)) return query
  const compile: (provider: QueryExecutorProvider) => CompiledQuery = query.compile.bind(query)
  return compile(compiler)
}

/** A `WITH` counts as writing: it may end in an INSERT. */
function isReading(statement: string): boolean {
  return /^\s*select\b/i.test(statement)
}
