import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { DEMO_EMAIL } from './demo.ts'

/** A shop on this machine to look at from outside: a process of its own, in a workshop. */

const OPEN = 'The shop is open.'
const OPENS_WITHIN_MILLISECONDS = 180_000 // a busy machine is no defect

/** Resolves when it is open, on 127.0.0.1. What it prints is told if it does not open. */
export async function startShop(workshop: string, port: number): Promise<ChildProcess> {
  const shop = spawn(process.execPath, ['scripts/start.ts', '--port', String(port)], {
    cwd: workshop,
    detached: true, // a process group, so that all of it can be killed
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  const collect = (chunk: Buffer) => void (printed += chunk.toString())
  shop.stdout.on('data', collect)
  shop.stderr.on('data', collect)
  const late = AbortSignal.timeout(OPENS_WITHIN_MILLISECONDS)
  while (!printed.includes(OPEN)) {
    if (late.aborted) killShop(shop)
    if (late.aborted || (shop.exitCode ?? shop.signalCode) !== null)
      throw new Error(`The shop did not open.\n${printed}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  // Whoever writes into a pipe that nobody reads must wait.
  shop.stdout.off('data', collect).resume()
  shop.stderr.off('data', collect).resume()
  return shop
}

/** At once and without a good-bye, as when power goes. */
export function killShop({ pid }: ChildProcess): void {
  process.kill(-pid!, 'SIGKILL')
}

export function demoStaff(workshop: string): { email: string; password: string } {
  const { DEMO_STAFF_PASSWORD } = parseEnv(readFileSync(join(workshop, '.dev.vars'), 'utf8'))
  return { email: DEMO_EMAIL, password: DEMO_STAFF_PASSWORD! }
}
