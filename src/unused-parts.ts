/**
 * Stand in for parts of packages, by their names there (`alias` in wrangler.toml), that the Worker never runs: of Kysely
 * schemas and MERGE, which SQLite does not have; of zod JSON Schema, which is made at build time.
 */
export {
  unused as createStandardJSONSchemaMethod,
  unused as createToJSONSchemaMethod,
  unused as MergeQueryBuilder,
  unused as WithSchemaPlugin,
}

function unused(): never {
  throw new Error('This part of the package is left out of the Worker: see [alias] in wrangler.toml.')
}
