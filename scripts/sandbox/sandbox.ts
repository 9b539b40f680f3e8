import { cpSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { temporaryFolder } from '../cli/temporary-folder.ts'

const PARTS = [
  'package.json',
  'wrangler.toml',
  'tsconfig.json',
  'vitest.config.ts',
  'src',
  'migrations',
  'public',
  'scripts',
  'test',
]

/** In public, by scripts/build/static-files.ts; .gitignore lists the same. */
const GENERATED = [
  'swagger-ui',
  'common-passwords.txt',
  'client.js',
  'client.js.map',
  'shop.js',
  'shop.js.map',
]

const WITHOUT_LIMITS = 'RATE_LIMITING="off"\nMAX_OPEN_ORDERS=""\nMAX_OPEN_UNITS=""\nMAX_OPEN_VALUE=""\n'

/**
 * A copy of the project to run a shop or broken code in, removed when the script ends. It has no
 * limits, since all load comes from one address and a few accounts. With `asCloned` it equals a clone: without
 * generated files, and with limits.
 */
export function openSandbox({ asCloned = false } = {}): string {
  const folder = copyProject()
  if (asCloned)
    for (const file of GENERATED) rmSync(join(folder, 'public', file), { recursive: true, force: true })
  else writeFileSync(join(folder, '.dev.vars'), WITHOUT_LIMITS, { mode: 0o600 })
  return folder
}

/** A copy of the project, without secrets or state, removed when the process ends. */
export function copyProject(): string {
  const folder = temporaryFolder('sandbox')
  for (const part of PARTS) cpSync(part, join(folder, part), { recursive: true })
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  return folder
}
