import { createReadStream, createWriteStream, existsSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isDeepStrictEqual } from 'node:util'
import { countInserts, linesOf } from './backup/lines.ts'
import { type Manifest, toLine } from './backup/manifest.ts'
import { countRows, NOT_IN_BACKUP, readSchema } from './backup/tables.ts'
import { correctionsOf } from './backup/texts.ts'
import { fail, optionsOf } from './cli/options.ts'
import { privateFolder } from './cli/temporary-folder.ts'
import { databaseOf, runOnShop } from './database/shop.ts'
import { required } from './wrangler/advice.ts'
import { nameOf, REMOTE_HELP, REMOTE_OPTIONS, remoteEnvironment, workerOf } from './wrangler/environment.ts'
import { wrangler } from './wrangler/wrangler.ts'

const HELP = `Writes the data of the shop, as of one moment, to a file for npm run restore. While Cloudflare
exports the database, the database answers no other request.

  npm run backup -- [--file F] [--remote [--env NAME]]

  --file F       the file to write, kiosk-<shop>-<time>.sql by default; it will hold e-mails, addresses,
                 password hashes and the secrets of webhooks
${REMOTE_HELP}

Not included: the secrets of the Worker; sessions, and the tokens of links in mails, which a restore ends; the search
index, which a restore rebuilds; revoked sessions in KV; connections for live updates; and the files of pictures in R2,
which docs/operations.md shows how to copy.`

const CHANGED = 'A text with a line break and also a backslash before n or r was changed during'
const lacks = (table: string) => `Rows of ${table} are missing in`

/** How often the rows are exported before the backup gives up. */
const EXPORTS = 3

const values = optionsOf(HELP, { file: { type: 'string' }, ...REMOTE_OPTIONS })
const environment = remoteEnvironment(values)
const made_at = new Date().toISOString()
const name = nameOf(environment)
const file = values.file ?? `kiosk-${name}-${made_at.slice(0, 19).replaceAll(':', '')}.sql`
const folder = dirname(file)
if (!existsSync(folder)) fail(`There is no folder ${folder}.`)
if (existsSync(file)) fail(`${file} already exists. Choose another name with --file.`)

const exported = join(privateFolder('backup'), 'export.sql')
/** Gets its name when it is complete. */
const part = `${file}.part`
const output = openPart()
process.on('exit', () => rmSync(part, { force: true }))

const run = runOnShop(environment)
const MIGRATIONS = 'SELECT name FROM d1_migrations ORDER BY name'
const [migrations] = await run([MIGRATIONS])
const tables = (await readSchema(run)).tables.filter((table) => !NOT_IN_BACKUP.includes(table.name))

console.log(`Exporting ${tables.length} tables ...`)
const { corrections, rows } = await exportRows()
// Read after the rows, so that no row has a higher id.
const [migrationsAfter, sequences] = await run([MIGRATIONS, 'SELECT name, seq FROM sqlite_sequence'])
if (!isDeepStrictEqual(migrationsAfter, migrations))
  fail('A migration was applied during the export. Nothing was written: back up again after the deploy.')
const manifest: Manifest = {
  made_at,
  shop: name,
  worker: workerOf(environment),
  migrations: migrations!.map((row) => String(row['name'])),
  rows,
  sequences: Object.fromEntries(sequences!.map(({ name: table, seq }) => [String(table), Number(seq)])),
}
try {
  await pipeline(statements, createWriteStream(part, { fd: output }))
  renameSync(part, file)
} catch (error) {
  fail(`${file} could not be written: ${(error as Error).message}. There is no backup.`)
}
for (const [table, count] of Object.entries(rows)) console.log(`  ${table}: ${count}`)
console.log(`The backup is ${file}. Keep it private, and keep a copy off this machine.`)

/** Before the export, which would be in vain if the file cannot be written. */
function openPart(): number {
  try {
    return openSync(part, 'wx', 0o600)
  } catch (error) {
    return fail(
      `${part} cannot be written: ${(error as Error).message}. If it is left of a backup that was cut off, delete it; or choose another file with --file.`,
    )
  }
}

/**
 * Exports the rows; returns their number in each table and the corrections of their texts. Both are read before and
 * after the export as well. If a text changed in between, it is unknown which of the two the export holds; if the export
 * has fewer rows than the table had at both times, some were lost. Then the rows are exported again.
 */
async function exportRows() {
  // Each by name: D1 exports no database as a whole that has a virtual table, such as the search index.
  const named = tables.flatMap((table) => ['--table', table.name])
  const args = ['--no-schema', '--skip-confirmation', '--output', exported, ...named]
  const look = async () => ({
    corrections: await correctionsOf(run, tables),
    counts: await countRows(run, tables),
  })
  let before = await look()
  for (let left = EXPORTS - 1; ; left -= 1) {
    const outcome = wrangler(['d1', 'export', ...databaseOf(environment), ...args], environment)
    required(outcome, 'The database could not be exported.')
    const after = await look()
    const inserts = await countInserts(linesOf(createReadStream(exported)))
    const found = Object.fromEntries(tables.map(({ name: table }) => [table, inserts[table] ?? 0]))
    const least = (table: string) => Math.min(before.counts[table]!, after.counts[table]!)
    const lacking = Object.keys(found).find((table) => found[table]! < least(table))
    const changed = isDeepStrictEqual(after.corrections, before.corrections) ? undefined : CHANGED
    const problem = lacking === undefined ? changed : lacks(lacking)
    if (problem === undefined) return { corrections: after.corrections, rows: found }
    if (left === 0)
      fail(`${problem} each of ${EXPORTS} exports. Nothing was written: try again at a quieter hour.`)
    console.log(`${problem} the export. Exporting again ...`)
    before = after
  }
}

async function* statements(): AsyncGenerator<string, void, void> {
  for await (const line of linesOf(createReadStream(exported))) yield `${line}\n`
  for (const correction of corrections) yield `${correction}\n`
  yield toLine(manifest)
}
