import { type ChildProcess, spawn } from 'node:child_process'
import { DEMO_EMAIL } from '../database/demo.ts'
import { devVar } from '../wrangler/dev-vars.ts'

/** A shop that runs in a sandbox, as a process of its own. */

const RUNNING = 'The shop is running.'
const PATIENCE_MILLISECONDS = 180_000 // allows for a busy machine

/** Resolves when the shop is running, on 127.0.0.1. If it does not start, the error holds its output. */
export async function startShop(
  sandbox: string,
  port: number,
  options: readonly string[] = [],
): Promise<ChildProcess> {
  const shop = spawn(process.execPath, ['scripts/start.ts', '--port', String(port), ...options], {
    cwd: sandbox,
    detached: true, // a process group, so that all of it can be killed
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  const collect = (chunk: Buffer) => void (printed += chunk.toString())
  shop.stdout.on('data', collect)
  shop.stderr.on('data', collect)
  const late = AbortSignal.timeout(PATIENCE_MILLISECONDS)
  while (!printed.includes(RUNNING)) {
    if (late.aborted) killShop(shop)
    if (late.aborted || (shop.exitCode ?? shop.signalCode) !== null)
      throw new Error(`The shop did not open.\n${printed}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  // A process that writes into a full pipe blocks, so keep reading.
  shop.stdout.off('data', collect).resume()
  shop.stderr.off('data', collect).resume()
  return shop
}

/** Kills the whole process group without a shutdown, like a power cut, unless it has ended by itself. */
export function killShop({ pid, exitCode, signalCode }: ChildProcess): void {
  if (exitCode === null && signalCode === null) process.kill(-pid!, 'SIGKILL')
}

export function demoStaff(sandbox: string): { email: string; password: string } {
  return { email: DEMO_EMAIL, password: devVar('DEMO_STAFF_PASSWORD', sandbox)! }
}
