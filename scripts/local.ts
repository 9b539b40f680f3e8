import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, type ParseArgsConfig, parseEnv } from 'node:util'
import { getPlatformProxy, unstable_readConfig } from 'wrangler'
import type { Run } from './accounts.ts'
import { wrangler } from './wrangler.ts'

/** The shop on this machine: its secrets, its database, and what has been done to it already. */

const SECRETS = '.dev.vars'
const STATE = '.wrangler/state'
const DONE = `${STATE}/kiosk.json`

/** What wrangler.toml says of the database alone: of a Durable Object wrangler warns that scripts lack it. */
const DATABASE = `${STATE}/database.json`

/** What was done to the local database; kept beside it, so that deleting one forgets the other. */
interface Done {
  migrations?: string
  demo_catalogue?: boolean
  demo_password?: string
}

export function done(): Done {
  return existsSync(DONE) ? (JSON.parse(readFileSync(DONE, 'utf8')) as Done) : {}
}

export function markDone(more: Done): void {
  mkdirSync(STATE, { recursive: true })
  writeFileSync(DONE, JSON.stringify({ ...done(), ...more }, null, 2))
}

/** What .dev.vars says of this name. */
export function local(name: string): string | undefined {
  return existsSync(SECRETS) ? parseEnv(readFileSync(SECRETS, 'utf8'))[name] : undefined
}

/** Reads a local secret from .dev.vars, after writing a random one there if it has none. */
export function secret(name: string, bytes: number): string {
  const known = local(name)
  if (known) return known
  const made = randomBytes(bytes).toString('base64url')
  const before = existsSync(SECRETS) ? readFileSync(SECRETS, 'utf8') : ''
  const separator = before === '' || before.endsWith('\n') ? '' : '\n'
  appendFileSync(SECRETS, `${separator}${name}="${made}"\n`, { mode: 0o600 })
  console.log(`Wrote a random ${name} to ${SECRETS}.`)
  return made
}

/** Applies the migrations to the local database, unless they have not changed since. */
export function migrate(): void {
  const hash = createHash('sha256')
  for (const file of readdirSync('migrations').toSorted())
    hash.update(file).update(readFileSync(`migrations/${file}`))
  const migrations = hash.digest('hex')
  if (done().migrations === migrations) return
  console.log('Applying the migrations to the local database ...')
  const { ok, output } = wrangler(['d1', 'migrations', 'apply', 'DB', '--local'])
  if (!ok) throw new Error(`The migrations could not be applied:\n${output}`)
  markDone({ migrations })
}

/** Opens the local database of the shop in this folder, for as long as `act` takes. */
export async function withDatabase<T>(act: (db: D1Database) => Promise<T>, folder = '.'): Promise<T> {
  process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
  const { name, compatibility_date, d1_databases } = unstable_readConfig({
    config: join(folder, 'wrangler.toml'),
    env: '',
  })
  mkdirSync(join(folder, STATE), { recursive: true })
  const configPath = join(folder, DATABASE)
  writeFileSync(configPath, JSON.stringify({ name, compatibility_date, d1_databases }))
  const { env, dispose } = await getPlatformProxy<{ DB: D1Database }>({
    configPath,
    environment: '',
    persist: { path: join(folder, STATE, 'v3') },
    envFiles: [],
  })
  try {
    return await act(env.DB)
  } finally {
    await dispose()
  }
}

/** Runs statements on an open database, all or none. */
export const runOn =
  (db: D1Database): Run =>
  async (statements) => {
    const answers = await db.batch<Record<string, unknown>>(statements.map((sql) => db.prepare(sql)))
    return answers.map(({ results }) => results)
  }

/** Ends the script with a sentence for whoever runs it. */
export function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

/** The options a script was given; tells its help, or what is wrong with them, and ends. */
export function optionsOf<const Options extends NonNullable<ParseArgsConfig['options']>>(
  help: string,
  options: Options,
) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } })
    if ((values as { help?: boolean }).help) {
      console.log(help)
      process.exit()
    }
    return values
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${help}`)
  }
}
