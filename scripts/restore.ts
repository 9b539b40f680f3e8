import { createReadStream, createWriteStream, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { quoted, recordCommand } from './accounts.ts'
import { linesOf, withRowsTogether } from './backup/lines.ts'
import { type Manifest, readManifest } from './backup/manifest.ts'
import { databaseOf, SESSIONS, readSchema, runOnShop, type Schema } from './backup/shop-database.ts'
import { fail, markDone, migrate, optionsOf } from './local.ts'
import { REMOTE_HELP, REMOTE_OPTIONS, remoteEnvironment } from './remote.ts'
import { wrangler } from './wrangler.ts'

/** The longest statement that D1 takes. No row is as long: the schema and the API bound every text. */
const MOST_STATEMENT_BYTES = 100_000

const HELP = `Puts what npm run backup wrote into the database of a shop, all of it or nothing. Every login ends: which
were ended since the backup nobody knows any more. The ids that the shop gives away go on 10 000 higher, since
those of what came after the backup are known outside.

  npm run restore -- --file F [--replace] [--remote [--env NAME]]

  --file F       the backup
  --replace      also where the shop has rows already: they are removed
${REMOTE_HELP}`

/** So many ids of each table may have been given away after the backup; none is given away again. */
const GAP = 10_000
/** Here before anybody comes: the counters, which are 0. */
const ROWS_OF_MIGRATIONS = new Set(['counters'])

const values = optionsOf(HELP, { file: { type: 'string' }, replace: { type: 'boolean' }, ...REMOTE_OPTIONS })
const environment = remoteEnvironment(values)
const { file, replace } = values
if (file === undefined) fail(`Which backup? Give --file.\n\n${HELP}`)
if (!existsSync(file)) fail(`There is no file ${file}.`)
const manifest =
  readManifest(file) ?? fail(`${file} is no backup, or not all of one: its last line is missing.`)
requireSameMigrations(manifest)

console.log('Applying the migrations ...')
const database = databaseOf(environment)
if (environment === undefined) migrate()
else required(['d1', 'migrations', 'apply', ...database], 'The migrations could not be applied')
const run = runOnShop(environment)
const schema = await readSchema(run)
const before = await countRows(schema)
const used = Object.entries(before).filter(([table, count]) => count > 0 && !ROWS_OF_MIGRATIONS.has(table))
if (used.length > 0 && !replace) {
  const rows = used.map(([table, count]) => `  ${table}: ${count}`).join('\n')
  fail(
    `The shop has rows already:\n${rows}\n\nTo remove them, give --replace. Back them up first: npm run backup.`,
  )
}

const total = Object.values(manifest.rows).reduce((sum, count) => sum + count, 0)
console.log(`Restoring ${total} rows as of ${manifest.made_at} ...`)
const folder = mkdtempSync(join(tmpdir(), 'kiosk-restore-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const restoring = join(folder, 'restore.sql')
await pipeline(statements(file, schema), createWriteStream(restoring, { mode: 0o600 }))
required(['d1', 'execute', ...database, '--yes', '--file', restoring], 'Nothing was restored')
if (environment === undefined) markDone({ demo_catalogue: true }) // else the next start puts it in

const after = await countRows(schema)
const expected = {
  ...manifest.rows,
  [SESSIONS]: 0,
  audit_log: manifest.rows['audit_log']! + 1, // the line of this restore
}
for (const [table, count] of Object.entries(expected)) {
  console.log(`  ${table}: ${after[table]}`)
  if (after[table] !== count) fail(`Of ${table} there should be ${count} rows. Do not open the shop.`)
}
const where = environment === undefined ? '' : ` -- --remote${environment && ` --env ${environment}`}`
console.log(`Restored. Every login has ended. Compare what the shop keeps twice: npm run audit${where}`)

/** The rows are of one schema; what a later migration does to rows would be missing in them. */
function requireSameMigrations({ migrations }: Manifest): void {
  const here = readdirSync('migrations')
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
  if (here.join() === migrations.join()) return
  fail(`The backup was made with the migrations up to ${migrations.at(-1)}, and here they go up to ${here.at(-1)}. Check out
the version that made it and restore with that, then deploy the newer one, whose migrations change the rows.`)
}

async function countRows({ tables }: Schema): Promise<Record<string, number>> {
  const counts = await run(tables.map(({ name }) => `SELECT count(*) AS count FROM "${name}"`))
  return Object.fromEntries(tables.map(({ name }, index) => [name, Number(counts[index]![0]!['count'])]))
}

/** One file, which D1 runs as a whole or not at all. */
async function* statements(backup: string, { tables, triggers }: Schema): AsyncGenerator<string, void, void> {
  yield 'PRAGMA defer_foreign_keys = TRUE;\n'
  for (const { name } of triggers) yield `DROP TRIGGER "${name}";\n`
  for (const { name } of tables.toReversed()) yield `DELETE FROM "${name}";\n`
  const rows = withRowsTogether(linesOf(createReadStream(backup)), MOST_STATEMENT_BYTES)
  for await (const statement of rows) yield `${statement}\n`
  yield* tables.filter(({ hasSequence }) => hasSequence).flatMap(({ name }) => sequence(name))
  yield `${recordCommand(`restore --file ${basename(backup)}`)};\n`
  for (const { sql } of triggers) yield `${sql};\n`
}

/** Above all that were given away: before the backup, after it, and by the shop that is replaced. */
function sequence(table: string): string[] {
  const name = quoted(table)
  return [
    `INSERT INTO sqlite_sequence (name, seq) SELECT ${name}, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ${name});\n`,
    `UPDATE sqlite_sequence SET seq = max(seq, ${manifest.sequences[table] ?? 0}) + ${GAP} WHERE name = ${name};\n`,
  ]
}

function required(args: string[], what: string): void {
  const { ok, output } = wrangler(args, environment)
  if (!ok) fail(`${what}:\n${output}`)
}
