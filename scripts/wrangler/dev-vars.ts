import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

/** Where wrangler dev reads secrets and variables from. */
const FILE = '.dev.vars'

/** The value of a name in .dev.vars. */
export function devVar(name: string, folder?: string): string | undefined {
  return devVars(folder)[name]
}

/** The names and values in .dev.vars; none without it. */
export function devVars(folder = '.'): Record<string, string | undefined> {
  const path = join(folder, FILE)
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {}
}

/** Returns a secret from .dev.vars; generates and stores a random one if there is none. */
export function ensureSecret(name: string, bytes: number): string {
  const known = devVar(name)
  if (known) return known
  const generated = randomBytes(bytes).toString('base64url')
  const before = existsSync(FILE) ? readFileSync(FILE, 'utf8') : ''
  const separator = before === '' || before.endsWith('\n') ? '' : '\n'
  appendFileSync(FILE, `${separator}${name}="${generated}"\n`, { mode: 0o600 })
  console.log(`Wrote a random ${name} to ${FILE}.`)
  return generated
}
