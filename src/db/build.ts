import { DefaultQueryExecutor, QueryCreator, type QueryExecutorProvider, SqliteQueryCompiler } from 'kysely'
import { D1Dialect } from 'kysely-d1'
import type { Database } from './schema.ts'

/**
 * Equal values of a query share one parameter: D1 takes a hundred, and the parts of a list's query repeat the same
 * values.
 */
class SharingCompiler extends SqliteQueryCompiler {
  readonly #numbers = new Map<unknown, number>()

  override compileQuery(...given: Parameters<SqliteQueryCompiler['compileQuery']>) {
    this.#numbers.clear()
    return super.compileQuery(...given)
  }

  protected override appendValue(value: unknown): void {
    if (!this.#numbers.has(value)) {
      this.addParameter(value)
      this.#numbers.set(value, this.numParameters)
    }
    this.append(`?${this.#numbers.get(value)}`)
  }
}

class SharingDialect extends D1Dialect {
  override createQueryCompiler() {
    return new SharingCompiler()
  }
}

const dialect = new SharingDialect({ database: undefined as never })

const executor = new DefaultQueryExecutor(dialect.createQueryCompiler(), dialect.createAdapter(), {
  provideConnection: () => Promise.reject(new Error('A query is run by a Db.')),
})

/**
 * Builds queries without a connection; a `Db` runs them. A parameter named `db` therefore means I/O, and a
 * function without one only builds a query. Not `Kysely`, which would bring builders of tables and indexes into the
 * Worker.
 */
export const build = new QueryCreator<Database>({ executor })

/** Compiles raw SQL, which has no compiler of its own. */
export const compiler: QueryExecutorProvider = { getExecutor: () => executor }
