import { spawnSync } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { NOT_IN_BACKUP, readSchema } from '../backup/tables.ts'
import { optionsOf } from '../cli/options.ts'
import { withDatabase } from '../database/local.ts'
import { runOn } from '../database/run.ts'
import { freePort } from '../sandbox/free-port.ts'
import { openSandbox } from '../sandbox/sandbox.ts'
import { demoStaff, killShop, startShop } from '../sandbox/shop-process.ts'

const HELP = `Rehearses a restore: backs up a shop, restores the backup into an empty shop in another folder, and compares
every row. The restored shop must pass the integrity checks, answer searches, use new ids and have no session.

  npm run test:backup`

optionsOf(HELP, {})
const port = await freePort()
const url = `http://127.0.0.1:${port}`

/** Hard to write as SQL: line breaks beside their escapes, quotes, texts near the limit of a statement. */
const TEXTS = [
  'a line\nand a \\n, a \\r; "quoted" and \'quoted\'',
  'a line\r\nand a \\n, a \\r',
  'only a \\n',
  'only\nlines\r\n',
  '; -- /* \u2028 \u2029 ☕ e\u0301',
  "'".repeat(60_000),
  'é'.repeat(60_000),
]

/** Longer than a statement, as a message about an order of many lines with long names can be. */
const LONG_MESSAGE = JSON.stringify({
  names: Array.from({ length: 500 }, (_, n) => `${n}: ${"'".repeat(100)}☕, é; 🛒 \u2028\n`),
})

const source = openSandbox({ asCloned: true })
const target = openSandbox({ asCloned: true })
const backup = join(source, 'backup.sql')

let session = { access: '', refresh: '' }
await withShop(source, async () => {
  const { email, password } = demoStaff(source)
  // Adds accounts, orders, events, movements, audit-log entries, and a product that is deleted again.
  run(source, ['smoke.ts', '--url', url, '--staff-email', email, '--password', '-'], password)
  session = (await post('/api/token/', { email, password })) as typeof session
})
copyFileSync(join(source, '.dev.vars'), join(target, '.dev.vars')) // tokens are signed with the same secret
run(source, ['seed.ts', '--products', '500'])
await withDatabase(insertTexts, source)
run(source, ['backup.ts', '--file', backup])

const part = join(source, 'part.sql')
writeFileSync(part, readFileSync(backup).subarray(0, -10_000))
expect(
  'A truncated backup is refused',
  refusal(target, ['restore.ts', '--file', part]).includes('not a complete backup'),
)
run(target, ['restore.ts', '--file', backup])
await compare()
run(target, ['integrity.ts'])

const before = await read(target)
const again = refusal(target, ['restore.ts', '--file', backup])
expect('A shop with rows is refused', again.includes('has rows already'))
expect('None of its rows has changed', isDeepStrictEqual(await read(target), before))
run(target, ['restore.ts', '--file', backup, '--replace'])
await compare()
run(target, ['integrity.ts'])

await withShop(target, async () => {
  const refreshed = (await post('/api/token/refresh/', { refresh: session.refresh })) as { code?: string }
  expect('A token from before the restore is refused', refreshed.code === 'token_revoked')
  const found = await get('/api/products/?search=stoneware+mug')
  expect('Search finds a product', found.count === 1)
  const account = { email: 'after@example.com', password: 'correct horse battery', name: 'After', phone: '1' }
  const { id } = (await post('/api/users/register/', account)) as { id: number }
  expect(`A new account has a new id, ${id}`, id > before.sequences['users']!)
})
console.log('The rehearsal succeeded.')

async function insertTexts(db: D1Database): Promise<void> {
  const { email } = demoStaff(source)
  const entry = db.prepare(`INSERT INTO audit_log (method, path, body, at) VALUES ('PATCH', '/', ?, 1)`)
  const attempt = db.prepare(
    'INSERT INTO webhook_attempts (delivery_id, at, milliseconds, answer) SELECT max(id), 1, 1, ? FROM webhook_deliveries',
  )
  const product = db.prepare('UPDATE products SET description = ?, version = version + 1 WHERE id = ?')
  await db.batch([
    ...TEXTS.map((text) => entry.bind(text.slice(0, 4096))),
    db.prepare(
      `INSERT INTO webhooks (url, types, secret, created_at) VALUES ('https://books.example.com', '[]', '', 1)`,
    ),
    db
      .prepare(
        `INSERT INTO webhook_deliveries (webhook_id, message_id, type, body, state, retry_until, created_at)
       SELECT max(id), 'msg_1', 'webhook.test', ?, 'delivered', 1, 1 FROM webhooks`,
      )
      .bind(LONG_MESSAGE),
    ...TEXTS.map((text) => attempt.bind(text.slice(0, 1024))),
    ...TEXTS.map((text, index) => product.bind(text.slice(0, 10_000), index + 1)),
    db
      .prepare(
        'INSERT INTO cart_items (user_id, product_id, quantity) SELECT id, 1, 1 FROM users WHERE email = ?',
      )
      .bind(email),
    // What a cart tells of a product that was deleted.
    db.prepare(`INSERT INTO deleted_products (id, name, deleted_at) VALUES (9999, 'Gone', 1)`),
    db
      .prepare(
        'INSERT INTO cart_items (user_id, product_id, quantity) SELECT id, 9999, 2 FROM users WHERE email = ?',
      )
      .bind(email),
  ])
}

/** Every row but sessions and the audit-log entries of restores; triggers; and the highest used ids. */
async function read(sandbox: string) {
  return withDatabase(async (db) => {
    const sql = runOn(db)
    const tables = (await readSchema(sql)).tables.filter(({ name }) => !NOT_IN_BACKUP.includes(name))
    const answers = await sql(
      tables.map(({ name }) => {
        const restores = name === 'audit_log' ? `WHERE path NOT LIKE 'restore %'` : ''
        return `SELECT * FROM "${name}" ${restores}`
      }),
    )
    const [sessions, sequences, triggers] = await sql([
      'SELECT count(*) AS count FROM sessions',
      'SELECT name, seq FROM sqlite_sequence',
      `SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name`,
    ])
    return {
      rows: Object.fromEntries(tables.map(({ name }, index) => [name, answers[index]!])),
      sessions: Number(sessions![0]!['count']),
      triggers: triggers!,
      sequences: Object.fromEntries(sequences!.map(({ name, seq }) => [String(name), Number(seq)])),
    }
  }, sandbox)
}

async function compare(): Promise<void> {
  const [was, is] = [await read(source), await read(target)]
  for (const [table, rows] of Object.entries(was.rows)) {
    const same = is.rows[table]?.length === rows.length && isDeepStrictEqual(is.rows[table], rows)
    expect(`${table} is the same, ${rows.length} rows`, same)
  }
  expect('Every session is gone', was.sessions > 0 && is.sessions === 0)
  expect('The triggers are restored', isDeepStrictEqual(is.triggers, was.triggers))
  const low = Object.entries(was.sequences).filter(
    ([table, id]) => table !== 'd1_migrations' && !(is.sequences[table]! > id),
  )
  expect('New ids start above the used ones', low.length === 0)
}

async function withShop(sandbox: string, act: () => Promise<void>): Promise<void> {
  const shop = await startShop(sandbox, port)
  try {
    await act()
  } finally {
    killShop(shop)
  }
}

function run(sandbox: string, script: string[], input = ''): void {
  console.log(`> ${script.join(' ')}`)
  const { status, stdout, stderr } = spawnScript(sandbox, script, input)
  if (status !== 0) throw new Error(`${script[0]} failed:\n${stdout}${stderr}`)
}

/** The message of a script that refuses; empty if it does not refuse. */
function refusal(sandbox: string, script: string[]): string {
  const { status, stderr } = spawnScript(sandbox, script, '')
  return status === 1 ? stderr : ''
}

function spawnScript(cwd: string, [script, ...args]: string[], input: string) {
  return spawnSync(process.execPath, [join('scripts', script!), ...args], { cwd, input, encoding: 'utf8' })
}

async function post(path: string, body: object): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json' }
  return (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json()
}

async function get(path: string): Promise<{ count: number }> {
  return (await (await fetch(url + path)).json()) as { count: number }
}

function expect(what: string, holds: boolean): void {
  if (!holds) throw new Error(`Failed: ${what}.`)
  console.log(`ok    ${what}`)
}
