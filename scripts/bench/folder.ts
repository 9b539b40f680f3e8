import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fail } from '../local.ts'

const MEMORY = '/dev/shm'

/** A folder, on disk or in memory, that goes when the script ends. */
export function openFolder(inMemory: boolean): string {
  if (inMemory && !existsSync(MEMORY)) fail(`There is no ${MEMORY} here: do without --memory.`)
  const folder = mkdtempSync(join(inMemory ? MEMORY : tmpdir(), 'kiosk-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}
