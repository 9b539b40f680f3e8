import { Kysely } from 'kysely'
import { D1Dialect } from 'kysely-d1'
import type { Database } from './schema.ts'

/**
 * Builds queries without a connection; a `Db` runs them. A parameter named `db` therefore means I/O, and a
 * function without one only builds a query.
 */
export const build = new Kysely<Database>({ dialect: new D1Dialect({ database: undefined as never }) })
