import { createReadStream, createWriteStream, existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { countInserts, joinInserts, linesOf } from './backup/lines.ts'
import { type Manifest, readManifest } from './backup/manifest.ts'
import { countRows, NOT_IN_BACKUP, readSchema, type Schema } from './backup/tables.ts'
import { fail, optionsOf } from './cli/options.ts'
import { privateFolder } from './cli/temporary-folder.ts'
import { recordCommand } from './database/accounts.ts'
import { migrate, recordSetup } from './database/local.ts'
import { quoted } from './database/run.ts'
import { databaseOf, runOnShop } from './database/shop.ts'
import { required } from './wrangler/advice.ts'
import {
  nameOf,
  REMOTE_HELP,
  REMOTE_OPTIONS,
  remoteEnvironment,
  remoteFlags,
  workerOf,
} from './wrangler/environment.ts'
import { wrangler } from './wrangler/wrangler.ts'

/** D1's limit on a statement. */
const MOST_STATEMENT_BYTES = 100_000

const HELP = `Restores a backup of npm run backup into the database of a shop, all or nothing. Every session ends,
because it is unknown which sessions were revoked after the backup. Clients may know ids of rows that were added after
the backup, so new ids start 10 000 above the highest id of the backup and of the rows that it replaces, except in the
audit log. If the backup is of another shop, the restored shop is a copy, which does not touch the payments and refunds
of the other shop. A shop is another one if its Worker or its environment has another name.

  npm run restore -- --file F [--replace] [--copy] [--remote [--env NAME]]

  --file F       the backup
  --replace      removes the rows that the shop already has; without this option the restore refuses a shop with rows
  --copy         restores a copy also if the names are the same, as in two accounts of Cloudflare
${REMOTE_HELP}`

/** D1 may go on with an import whose response was lost. */
const NOT_RESTORED = `The rows were not restored, unless the connection broke while D1 was at work: D1 restores all rows or none.
Look which rows the shop has before you try again.`

/** Ids that each table skips: if the database is lost, nothing tells which ids the rows added after the backup had. */
const GAP = 10_000
/** Tables that the migrations themselves fill. */
const ROWS_OF_MIGRATIONS = new Set(['counters', 'shop_identity'])

const values = optionsOf(HELP, {
  file: { type: 'string' },
  replace: { type: 'boolean' },
  copy: { type: 'boolean' },
  ...REMOTE_OPTIONS,
})
const environment = remoteEnvironment(values)
const { file, replace } = values
if (file === undefined) fail(`Name the backup with --file.\n\n${HELP}`)
if (!existsSync(file)) fail(`There is no file ${file}.`)
const manifest =
  manifestOf(file) ?? fail(`${file} is not a complete backup: its last line is missing or cut off.`)
await requireAllRows(file, manifest)
requireSameMigrations(manifest)
/** Its payments at Stripe belong to the shop that was backed up. */
const isCopy =
  values.copy === true ||
  (manifest.shop !== undefined && manifest.shop !== nameOf(environment)) ||
  (manifest.worker !== undefined && manifest.worker !== workerOf(environment))

console.log('Applying the migrations ...')
const database = databaseOf(environment)
if (environment === undefined) migrate()
else runWrangler(['d1', 'migrations', 'apply', ...database], 'The migrations could not be applied.')
const run = runOnShop(environment)
await requireNoLaterMigrations(manifest)
const schema = await readSchema(run)
const before = await countRows(run, schema.tables)
const used = Object.entries(before).filter(([table, count]) => count > 0 && !ROWS_OF_MIGRATIONS.has(table))
if (used.length > 0 && !replace) {
  const rows = used.map(([table, count]) => `  ${table}: ${count}`).join('\n')
  fail(
    `The shop has rows already:\n${rows}\n\n--replace removes them. Back them up first: npm run backup${remoteFlags(environment)}`,
  )
}

const total = Object.values(manifest.rows).reduce((sum, count) => sum + count, 0)
console.log(`Restoring ${total} rows as of ${manifest.made_at} ...`)
const restoring = join(privateFolder('restore'), 'restore.sql')
await pipeline(statements(file, schema), createWriteStream(restoring, { mode: 0o600 }))
runWrangler(['d1', 'execute', ...database, '--yes', '--file', restoring], NOT_RESTORED)
// The next start adds no demo catalog, and gives the demo account the password that it prints.
if (environment === undefined) recordSetup({ demo_catalogue: true, demo_password: undefined })

if (isCopy) {
  console.log(`This shop is now a copy of the shop that was backed up. It has an identity of its own at Stripe, so that neither
shop touches the payments of the other. Here, payment pages that were open have expired, and refunds that were under way stay unfinished.
Give this shop other keys of Stripe. Its endpoints of webhooks are inactive, and mails that were waiting are parked, since
the other shop sends those messages and mails.`)
}
const after = await countRows(run, schema.tables)
const expected = {
  ...manifest.rows,
  ...Object.fromEntries(NOT_IN_BACKUP.map((table) => [table, 0])),
  audit_log: manifest.rows['audit_log']! + 1, // the entry of this restore
}
for (const [table, count] of Object.entries(expected)) {
  console.log(`  ${table}: ${after[table]}`)
  if (after[table] !== count) fail(`${table} should have ${count} rows. Do not open the shop.`)
}
console.log(
  `Restored. Every session has ended. Now check the integrity of the data: npm run integrity${remoteFlags(environment)}`,
)

function manifestOf(backup: string): Manifest | undefined {
  try {
    return readManifest(backup)
  } catch (error) {
    return fail(`${backup} cannot be read: ${(error as Error).message}.`)
  }
}

/** Lines may be missing in the middle of a damaged file: the shop would have lost its rows before that showed. */
async function requireAllRows(backup: string, { rows }: Manifest): Promise<void> {
  const found = await countInserts(linesOf(createReadStream(backup)))
  for (const [table, count] of Object.entries(rows)) {
    const there = found[table] ?? 0
    if (there !== count)
      fail(`${backup} is not a complete backup: it has ${there} rows of ${table} instead of ${count}.`)
  }
}

/** The backup must match the current migrations: rows fit one schema only, and later ones may convert rows. */
function requireSameMigrations({ migrations }: Manifest): void {
  const here = readdirSync('migrations')
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
  if (here.join() === migrations.join()) return
  fail(`The backup was made with the migrations up to ${migrations.at(-1)}, and this version has those up to ${here.at(-1)}.
Check out the version of Kiosk that made the backup, and restore with that version. Then deploy the newer version, whose
migrations convert the rows.`)
}

/** A newer version may have migrated the database: its migrations would not run again, and not convert the rows. */
async function requireNoLaterMigrations({ migrations }: Manifest): Promise<void> {
  const [applied] = await run(['SELECT name FROM d1_migrations ORDER BY name'])
  const later = applied!.map((row) => String(row['name'])).filter((name) => !migrations.includes(name))
  if (later.length === 0) return
  fail(`The database has migrations that the backup was made without: ${later.join(', ')}. Restore into an empty
database: set another database_name in wrangler.toml, and create that database with npx wrangler d1 create <that name>
(docs/operations.md).`)
}

/** One file, which D1 runs as a whole or not at all. Without triggers: their effects are in the rows. */
async function* statements(backup: string, { tables, triggers }: Schema): AsyncGenerator<string, void, void> {
  yield 'PRAGMA defer_foreign_keys = TRUE;\n'
  for (const { name } of triggers) yield `DROP TRIGGER "${name}";\n`
  for (const { name } of tables.toReversed()) yield `DELETE FROM "${name}";\n`
  const rows = joinInserts(linesOf(createReadStream(backup)), MOST_STATEMENT_BYTES)
  for await (const statement of rows) yield `${statement}\n`
  if (isCopy) yield* leaveToOriginal()
  yield* tables
    .filter(({ name, hasSequence }) => hasSequence && name !== 'audit_log')
    .flatMap(({ name }) => sequence(name))
  yield `${recordCommand(`restore --file ${basename(backup)}`)};\n`
  for (const { sql } of triggers) yield `${sql};\n`
}

/**
 * With the same identity, new refunds would have the idempotency keys of the other shop. With a new one, a refund under
 * way would be made a second time, so it is not continued here. Receivers and customers hear from the other shop what
 * happened in it.
 */
function* leaveToOriginal(): Generator<string, void, void> {
  yield 'UPDATE shop_identity SET id = lower(hex(randomblob(8)));\n'
  yield `UPDATE payments SET state = 'expired', url = NULL WHERE state IN ('opening', 'open', 'processing');\n`
  yield `UPDATE refunds SET check_at = ${Number.MAX_SAFE_INTEGER} WHERE state IN ('requested', 'pending');\n`
  yield 'UPDATE webhooks SET active = 0;\n'
  yield `UPDATE mails SET state = 'parked' WHERE state = 'waiting';\n`
  yield `UPDATE event_readers SET position = (SELECT ifnull(max(id), 0) FROM order_events) WHERE name = 'mail';\n`
}

/** Starts above every id of the backup and of the rows that are replaced, and above the next {@link GAP}. */
function sequence(table: string): string[] {
  const name = quoted(table)
  return [
    `INSERT INTO sqlite_sequence (name, seq) SELECT ${name}, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ${name});\n`,
    `UPDATE sqlite_sequence SET seq = max(seq, ${manifest.sequences[table] ?? 0}) + ${GAP} WHERE name = ${name};\n`,
  ]
}

function runWrangler(args: string[], what: string): void {
  required(wrangler(args, environment), what)
}
