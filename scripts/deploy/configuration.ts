import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { experimental_readRawConfig, type Unstable_RawConfig } from 'wrangler'

/** Ignored by git: ids belong to one account. */
const FOLDER = '.wrangler'

/**
 * Writes a configuration for wrangler's --config and returns its path: wrangler.toml plus the ids of this account's
 * bindings, and names of buckets that begin with the name of the Worker. wrangler.toml itself does not change, and an
 * id in it takes precedence.
 */
export function writeConfiguration(env: string, name: string, ids: ReadonlyMap<string, string>): string {
  const { rawConfig: shop }: { rawConfig: Unstable_RawConfig } = experimental_readRawConfig({
    config: 'wrangler.toml',
  })
  const environment = env === '' ? shop : shop.env![env]!
  for (const database of environment.d1_databases ?? []) {
    const id = database.database_id ?? ids.get(database.binding)
    if (id !== undefined) database.database_id = id
    delete database.preview_database_id // the local one
    database.migrations_dir = fromFolder(database.migrations_dir ?? 'migrations')
  }
  for (const namespace of environment.kv_namespaces ?? []) {
    const id = namespace.id ?? ids.get(namespace.binding)
    if (id !== undefined) namespace.id = id
  }
  // Wrangler finds or creates a bucket by its name. Without one it would take this name as well, but after an upload that
  // failed it would try to create the bucket again.
  for (const bucket of environment.r2_buckets ?? []) {
    bucket.bucket_name ??= `${name}-${bucket.binding.toLowerCase().replaceAll('_', '-')}`
  }
  for (const part of new Set([shop, environment])) {
    if (part.main !== undefined) part.main = fromFolder(part.main)
    if (part.assets?.directory !== undefined) part.assets.directory = fromFolder(part.assets.directory)
  }
  for (const [module, file] of Object.entries(shop.alias ?? {})) shop.alias![module] = fromFolder(file)
  mkdirSync(FOLDER, { recursive: true })
  const path = join(FOLDER, `${env === '' ? 'production' : env}.json`)
  writeFileSync(path, JSON.stringify(shop, null, 2))
  return path
}

/** Wrangler resolves a path relative to the file that names it. */
function fromFolder(path: string): string {
  return relative(FOLDER, path)
}
