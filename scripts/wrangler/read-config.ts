import { join } from 'node:path'
import { unstable_readConfig } from 'wrangler'
import { fail } from '../cli/options.ts'

/** Reads wrangler.toml for an environment of it, '' for its top level. Ends the script if the file is invalid. */
export function readConfig(env = '', folder = '.') {
  try {
    return unstable_readConfig({ config: join(folder, 'wrangler.toml'), env })
  } catch (error) {
    const { message, location } = error as Error & { location?: { line: number } }
    return fail(`wrangler.toml${location ? `, line ${location.line}` : ''}: ${message}`)
  }
}
