import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { unstable_splitSqlQuery } from 'wrangler'
import { jsonOf, page, Refusal, type Routes } from './api.ts'

/** D1 as its REST API shows it, on real SQLite, so that migrations really run. */
export class D1 {
  readonly #databases = new Map<string, { name: string; sqlite: DatabaseSync }>()

  readonly routes: Routes = {
    'GET /accounts/:account/d1/database': ({ query }) => {
      const name = query.get('name')
      const all = [...this.#databases].map(([uuid, database]) => ({ uuid, name: database.name }))
      return page(name === null ? all : all.filter((database) => database.name === name), query)
    },
    'POST /accounts/:account/d1/database': (call) => {
      const { name } = jsonOf(call) as { name: string }
      if (this.names.includes(name)) throw new Refusal(409, 7502, 'Database with name already exists')
      return { uuid: this.create(name), name }
    },
    'GET /accounts/:account/d1/database/:database': ({ params }) => {
      const known = [...this.#databases].find(
        ([uuid, { name }]) => uuid === params['database'] || name === params['database'],
      )
      if (!known) throw this.#notFound(params['database']!)
      return { uuid: known[0], name: known[1].name }
    },
    'POST /accounts/:account/d1/database/:database/query': (call) => {
      const database = this.#databases.get(call.params['database']!)
      if (!database) throw this.#notFound(call.params['database']!)
      return run(database.sqlite, (jsonOf(call) as { sql: string }).sql)
    },
  }

  get names(): string[] {
    return [...this.#databases.values()].map(({ name }) => name)
  }

  create(name: string): string {
    const uuid = randomUUID()
    this.#databases.set(uuid, { name, sqlite: new DatabaseSync(':memory:') })
    return uuid
  }

  has(uuid: unknown): boolean {
    return this.#databases.has(String(uuid))
  }

  /** The rows of a query, for a test to look at. */
  rows(name: string, sql: string): Record<string, unknown>[] {
    const { sqlite } = [...this.#databases.values()].find((database) => database.name === name)!
    return sqlite
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }))
  }

  close(): void {
    for (const { sqlite } of this.#databases.values()) sqlite.close()
  }

  #notFound(database: string): Refusal {
    return new Refusal(404, 7404, `The database ${database} could not be found`)
  }
}

/** All statements or none. */
function run(sqlite: DatabaseSync, sql: string) {
  sqlite.exec('BEGIN')
  try {
    const results = unstable_splitSqlQuery(sql).map((statement) => ({
      results: sqlite.prepare(statement).all(),
      success: true,
      meta: { duration: 0, rows_read: 0, rows_written: 0 },
    }))
    sqlite.exec('COMMIT')
    return results
  } catch (error) {
    sqlite.exec('ROLLBACK')
    throw new Refusal(400, 7500, `${(error as Error).message}: SQLITE_ERROR`)
  }
}
