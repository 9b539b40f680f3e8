import type {
  Compilable,
  CompiledQuery,
  DeleteResult,
  InsertResult,
  QueryExecutorProvider,
  RawBuilder,
  UpdateResult,
} from 'kysely'
import { build } from './build.ts'
import { D1Session, type SessionStart, type Statement, type Usage } from './d1-session.ts'
import { outageIn, refusalIn } from './refusal.ts'

/** A query that was built and not run: Kysely's, or raw SQL. */
export type Query<Row = unknown> = Compilable<Row> | RawBuilder<Row> | CompiledQuery<Row>

type Rows<Q> =
  Q extends Query<infer Row>
    ? Row extends InsertResult | UpdateResult | DeleteResult
      ? never[]
      : Row[]
    : never
type BatchRows<Qs extends readonly Query[]> = { -readonly [I in keyof Qs]: Rows<Qs[I]> }

/**
 * A rule about every batch of a request. It is asked for each batch, and puts its own queries around
 * those of the batch, in the same transaction and the same round trip.
 */
export type Guard = (batch: { writes: boolean }) => Guarding

export interface Guarding {
  before?: readonly Query[]
  after?: readonly Query[]
  /** Looks at the rows of `before`, and throws where they do not allow the batch. */
  inspect?: (rows: unknown[][]) => void
  /** What an error of D1 means, where it comes from this guard's own queries. */
  translate?: (error: unknown) => Error | undefined
}

/** A request's way to D1. Kysely builds the queries (`build`); this runs them, under the guards of the request. */
export class Db {
  readonly #d1: D1Database
  #session: D1Session
  readonly #guards: Guard[] = []

  constructor(d1: D1Database) {
    this.#d1 = d1
    this.#session = new D1Session(d1)
  }

  /** Reads from elsewhere from now on: `first-unconstrained` for what may be a little old. */
  readFrom(start: SessionStart): void {
    this.#session = new D1Session(this.#d1, start, this.usage)
  }

  /** Puts this guard around every batch from now on, inside those that were there before. */
  guard(guard: Guard): void {
    this.#guards.push(guard)
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
    const statements = queries.map(toStatement)
    const writes = statements.some(({ sql }) => !isReading(sql))
    const guards = this.#guards.map((guard) => {
      const { before = [], after = [], ...rest } = guard({ writes })
      return { before: before.map(toStatement), after: after.map(toStatement), ...rest }
    })
    const before = guards.flatMap((guard) => guard.before)
    const after = guards.toReversed().flatMap((guard) => guard.after)
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
      for (const { translate } of guards) {
        const translated = translate?.(error)
        if (translated) throw translated
      }
      throw refusalIn(error) ?? outageIn(error) ?? error
    }
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

/** Raw SQL needs somebody's compiler; a builder of Kysely ignores the argument. */
function toStatement(query: Query): Statement {
  if (!('compile' in query)) return query
  const compile: (provider: QueryExecutorProvider) => CompiledQuery = query.compile.bind(query)
  return compile(build)
}

/** A `WITH` counts as writing: it may end in an INSERT. */
function isReading(statement: string): boolean {
  return /^\s*select\b/i.test(statement)
}
