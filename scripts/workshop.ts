import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

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

/** In public, by scripts/static-files.ts; .gitignore has the same. */
const MADE = ['swagger-ui', 'common-passwords.txt', 'client.js', 'client.js.map', 'shop.js', 'shop.js.map']

const WITHOUT_LIMITS = 'RATE_LIMITING="off"\nMAX_OPEN_ORDERS=""\nMAX_OPEN_UNITS=""\nMAX_OPEN_VALUE=""\n'

/**
 * A copy of the project to break things in; it goes when the script ends. A shop that runs there has no
 * limits: a load test comes from one address and a few accounts. A fresh copy is as a clone is: nothing in it was
 * made yet, and the rate limits are on.
 */
export function openWorkshop({ fresh = false } = {}): string {
  const workshop = copyProject()
  if (fresh) for (const file of MADE) rmSync(join(workshop, 'public', file), { recursive: true, force: true })
  else writeFileSync(join(workshop, '.dev.vars'), WITHOUT_LIMITS, { mode: 0o600 })
  process.on('exit', () => rmSync(workshop, { recursive: true, force: true }))
  return workshop
}

/** A copy of the project, without secrets or state; whoever asks for it removes it. */
export function copyProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kiosk-'))
  for (const part of PARTS) cpSync(part, join(folder, part), { recursive: true })
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  return folder
}
