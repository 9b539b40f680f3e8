import { randomUUID } from 'node:crypto'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { unstable_splitSqlQuery } from 'wrangler'
import { jsonOf, page, Refusal, type Routes } from './api.ts'

/** D1 as its REST API shows it, on real SQLite, so that migrations really run. */
export class D1 {
  readonly #databases = new Map<string, { name: string; sqlite: DatabaseSync }>()
  readonly #uploads = new Map<string, Buffer>()
  /** Called right after each export, for changes that a backup must not mix with it. */
  afterExport = () => {}
  /** What arrives of an export. */
  arrives = (text: string) => text

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
    'POST /accounts/:account/d1/database/:database/export': (call) => {
      const { dump_options } = jsonOf(call) as { dump_options: { tables: string[]; no_schema?: boolean } }
      if (!dump_options.no_schema) throw new Refusal(501, 7000, 'The stand-in exports rows alone.')
      const { sqlite } = this.#databases.get(call.params['database']!)!
      const text = this.arrives(rowsAsSql(sqlite, dump_options.tables))
      this.afterExport()
      const signed_url = `data:text/plain;base64,${Buffer.from(text).toString('base64')}`
      return { success: true, status: 'complete', messages: [], result: { signed_url } }
    },
    'POST /accounts/:account/d1/database/:database/import': (call) => {
      const { action, etag } = jsonOf(call) as { action: string; etag: string }
      if (action === 'init') return { upload_url: `${call.api}/uploads/${etag}`, filename: etag }
      const results = run(
        this.#databases.get(call.params['database']!)!.sqlite,
        this.#uploads.get(etag)!.toString(),
      )
      const meta = { duration: 0, rows_read: 0, rows_written: 0, size_after: 0 }
      const result = { num_queries: results.length, final_bookmark: '', meta }
      return { success: true, status: 'complete', messages: [], result }
    },
    'PUT /uploads/:etag': ({ params, body }) => this.#uploads.set(params['etag']!, body).size,
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

/** With D1's peculiarities: no whole database that has a virtual table, and a \n beside a line break becomes one. */
function rowsAsSql(sqlite: DatabaseSync, tables: readonly string[]): string {
  const known = sqlite
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")
    .all()
  const chosen = known.filter(({ name }) => tables.length === 0 || tables.includes(String(name)))
  if (chosen.some(({ sql }) => String(sql).startsWith('CREATE VIRTUAL TABLE')))
    throw new Refusal(400, 7500, 'D1 Export error: cannot export databases with Virtual Tables (fts5)')
  const lines = chosen.flatMap(({ name }) =>
    sqlite
      .prepare(`SELECT * FROM "${String(name)}"`)
      .all()
      .map((row) => {
        const columns = Object.keys(row).map((column) => `"${column}"`)
        return `INSERT INTO "${String(name)}" (${columns.join(',')}) VALUES(${Object.values(row).map(literal).join(',')});`
      }),
  )
  return ['PRAGMA defer_foreign_keys=TRUE;', ...lines].join('\n')
}

function literal(cell: SQLOutputValue): string {
  if (typeof cell !== 'string') return cell === null ? 'NULL' : cell.toString()
  const text = `'${cell.replaceAll("'", "''").replaceAll('\n', String.raw`\n`)}'`
  return cell.includes('\n') ? String.raw`replace(${text},'\n',char(10))` : text
}
