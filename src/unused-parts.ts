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
  unused as aggregateChecks,
  unused as anyProcessor,
  unused as arrayProcessor,
  unused as bigintProcessor,
  unused as booleanProcessor,
  unused as catchProcessor,
  unused as customProcessor,
  unused as dateProcessor,
  unused as defaultProcessor,
  unused as enumProcessor,
  unused as fileProcessor,
  unused as functionProcessor,
  unused as intersectionProcessor,
  unused as lazyProcessor,
  unused as literalProcessor,
  unused as mapProcessor,
  unused as nanProcessor,
  unused as neverProcessor,
  unused as nonoptionalProcessor,
  unused as nullProcessor,
  unused as nullableProcessor,
  unused as numberProcessor,
  unused as objectProcessor,
  unused as optionalProcessor,
  unused as pipeProcessor,
  unused as prefaultProcessor,
  unused as promiseProcessor,
  unused as readonlyProcessor,
  unused as recordProcessor,
  unused as setProcessor,
  unused as stringProcessor,
  unused as successProcessor,
  unused as symbolProcessor,
  unused as templateLiteralProcessor,
  unused as transformProcessor,
  unused as tupleProcessor,
  unused as undefinedProcessor,
  unused as unionProcessor,
  unused as unknownProcessor,
  unused as voidProcessor,
  unused as toJSONSchema,
}

function unused(): never {
  throw new Error('This part of the package is left out of the Worker: see [alias] in wrangler.toml.')
}
