import { createReadStream, createWriteStream, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { linesOf } from './backup/lines.ts'
import { type Manifest, toLine } from './backup/manifest.ts'
import { databaseOf, SESSIONS, readSchema, runOnShop } from './backup/shop-database.ts'
import { correctionsOf } from './backup/texts.ts'
import { fail, migrate, optionsOf } from './local.ts'
import { REMOTE_HELP, REMOTE_OPTIONS, remoteEnvironment } from './remote.ts'
import { wrangler } from './wrangler.ts'

const HELP = `Writes all rows of the shop's database to a file, as of one moment, for npm run restore. The shop answers
no request that needs the database while Cloudflare exports it.

  npm run backup -- [--file F] [--remote [--env NAME]]

  --file F       the file, by default kiosk-<shop>-<time>.sql. It holds e-mails, addresses and password hashes.
${REMOTE_HELP}

Not in it: the secrets; sessions, which end with a restore; the search index, which is made from the rows; what
KV knows of revoked sessions; and who listens to orders.`

const values = optionsOf(HELP, { file: { type: 'string' }, ...REMOTE_OPTIONS })
const environment = remoteEnvironment(values)
const made_at = new Date().toISOString()
const name = environment === undefined ? 'local' : environment || 'production'
const file = values.file ?? `kiosk-${name}-${made_at.slice(0, 19).replaceAll(':', '')}.sql`
if (existsSync(file)) fail(`${file} is there already. Choose another name with --file.`)

if (environment === undefined) migrate()
const run = runOnShop(environment)
const tables = (await readSchema(run)).tables.filter((table) => table.name !== SESSIONS)
const folder = mkdtempSync(join(tmpdir(), 'kiosk-backup-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const exported = join(folder, 'export.sql')

console.log(`Exporting ${tables.length} tables ...`)
// Each by name: D1 exports no database that has a virtual table, such as the search index, as a whole.
const named = tables.flatMap((table) => ['--table', table.name])
const database = databaseOf(environment)
const { ok, output } = wrangler(
  ['d1', 'export', ...database, '--no-schema', '--skip-confirmation', '--output', exported, ...named],
  environment,
)
if (!ok) fail(`The database could not be exported:\n${output}`)

const corrections = await correctionsOf(run, tables)
// After the rows, so that no id in them is above.
const [migrations, sequences] = await run([
  'SELECT name FROM d1_migrations ORDER BY name',
  'SELECT name, seq FROM sqlite_sequence',
])
const manifest: Manifest = {
  made_at,
  migrations: migrations!.map((row) => String(row['name'])),
  rows: Object.fromEntries(tables.map((table) => [table.name, 0])),
  sequences: Object.fromEntries(sequences!.map(({ name: table, seq }) => [String(table), Number(seq)])),
}
await pipeline(statements, createWriteStream(file, { mode: 0o600, flags: 'wx' }))
for (const [table, count] of Object.entries(manifest.rows)) console.log(`  ${table}: ${count}`)
console.log(`Everything is in ${file}. Keep it where nobody else reads it, and not on this machine alone.`)

async function* statements(): AsyncGenerator<string, void, void> {
  for await (const line of linesOf(createReadStream(exported))) {
    const [, table] = /^INSERT INTO "(\w+)"/.exec(line) ?? []
    if (table !== undefined) manifest.rows[table] = (manifest.rows[table] ?? 0) + 1
    yield `${line}\n`
  }
  for (const correction of corrections) yield `${correction}\n`
  yield toLine(manifest)
}
