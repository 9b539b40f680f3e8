/**
 * Stands in for Kysely's plugin of this name (`alias` in wrangler.toml), which rewrites queries for databases with
 * schemas. SQLite has none, and the plugin is 4.7 KiB gzipped.
 */
export function WithSchemaPlugin(): never {
  throw new Error('SQLite has no schemas: do not use withSchema().')
}
