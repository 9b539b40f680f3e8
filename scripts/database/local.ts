import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getPlatformProxy } from 'wrangler'
import type { Bindings } from '../../src/env.ts'
import { fail } from '../cli/options.ts'
import { readConfig } from '../wrangler/read-config.ts'
import { wrangler } from '../wrangler/wrangler.ts'

/** The database on this machine, and what scripts have already done to it. */

const STATE = '.wrangler/state'
const SETUP = `${STATE}/kiosk.json`

/** A copy of wrangler.toml with only the storage, because wrangler warns about Durable Objects without a script. */
const CONFIGURATION = `${STATE}/database.json`

/** What was set up in the local database. Stored beside it, so that deleting the one deletes the other. */
interface Setup {
  migrations?: string
  demo_catalogue?: boolean
  demo_password?: string | undefined
}

export function readSetup(): Setup {
  return existsSync(SETUP) ? (JSON.parse(readFileSync(SETUP, 'utf8')) as Setup) : {}
}

/** Whole or not at all, since every start reads the file. */
export function recordSetup(more: Setup): void {
  mkdirSync(STATE, { recursive: true })
  writeFileSync(`${SETUP}.new`, JSON.stringify({ ...readSetup(), ...more }, null, 2))
  renameSync(`${SETUP}.new`, SETUP)
}

/** Applies the migrations to the local database, unless they have not changed since the last time. */
export function migrate(): void {
  const hash = createHash('sha256')
  for (const file of readdirSync('migrations').toSorted())
    hash.update(file).update(readFileSync(`migrations/${file}`))
  const migrations = hash.digest('hex')
  if (readSetup().migrations === migrations) return
  console.log('Applying the migrations to the local database ...')
  const { ok, output } = wrangler(['d1', 'migrations', 'apply', 'DB', '--local'])
  if (!ok) fail(`The migrations could not be applied:\n${output}`)
  recordSetup({ migrations })
}

/** What scripts use of the local shop; without pictures if wrangler.toml has no bucket. */
type LocalBindings = Pick<Bindings, 'DB' | 'PICTURES' | 'IMAGES'>

/** Opens the local database of the shop in this folder while `act` runs. */
export function withDatabase<T>(act: (db: D1Database) => Promise<T>, folder = '.'): Promise<T> {
  return withBindings(({ DB }) => act(DB), folder)
}

/** Opens the local database and pictures of the shop in this folder while `act` runs. */
export async function withBindings<T>(act: (env: LocalBindings) => Promise<T>, folder = '.'): Promise<T> {
  process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
  const { name, compatibility_date, d1_databases, r2_buckets, images } = readConfig('', folder)
  mkdirSync(join(folder, STATE), { recursive: true })
  const configPath = join(folder, CONFIGURATION)
  writeFileSync(configPath, JSON.stringify({ name, compatibility_date, d1_databases, r2_buckets, images }))
  const { env, dispose } = await getPlatformProxy<LocalBindings>({
    configPath,
    environment: '',
    persist: { path: join(folder, STATE, 'v3') },
    envFiles: [],
  })
  try {
    return await act(env)
  } finally {
    await dispose()
  }
}
