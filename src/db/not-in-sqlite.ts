/**
 * Stand in for parts of Kysely of the same names (`alias` in wrangler.toml): withSchema() and mergeInto() are for other
 * databases. The parts are 5.4 KiB gzipped.
 */
export { unsupported as MergeQueryBuilder, unsupported as WithSchemaPlugin }

function unsupported(): never {
  throw new Error('SQLite has neither schemas nor MERGE.')
}
