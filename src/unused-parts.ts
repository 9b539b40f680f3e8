/**
 * Replaces modules of packages that the Worker never runs (`alias` in wrangler.toml), with the same exports: those of
 * Kysely for schemas and MERGE, which SQLite does not have, and that of zod for JSON Schema, which is made at build
 * time.
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
