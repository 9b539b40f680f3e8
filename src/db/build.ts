import { Kysely } from 'kysely'
import { D1Dialect } from 'kysely-d1'
import type { Database } from './schema.ts'

/**
 * Builds queries and has no connection to run them: a `Db` does that. So a parameter named `db` means
 * I/O, and a function without one only describes a query.
 */
export const build = new Kysely<Database>({ dialect: new D1Dialect({ database: undefined as never }) })
