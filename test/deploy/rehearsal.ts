import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { copyProject } from '../../scripts/sandbox/sandbox.ts'
import { Cloudflare, TOKEN } from './cloudflare/server.ts'

/** Long enough to sign with. */
export const SECRET = { JWT_SECRET: 'a key of the rehearsal, long enough for HS256' }

export interface Result {
  status: number
  output: string
}

/** A copy of the project and a stand-in for Cloudflare of its own, for the tests of a describe. */
export function useRehearsal() {
  let cloudflare: Cloudflare
  let folder: string
  beforeAll(async () => {
    cloudflare = await Cloudflare.open()
    folder = copyProject()
    mkdirSync(join(folder, 'home'))
  })
  afterAll(async () => {
    await cloudflare.close()
    rmSync(folder, { recursive: true })
  })
  return {
    get cloudflare() {
      return cloudflare
    },
    /** Runs a script of package.json as its user would. */
    npm: (script: string, args: string[] = [], env: Record<string, string> = {}) =>
      run(['npm', 'run', '--silent', script, '--', ...args], env),
    /** Runs what a message tells its reader to run. */
    shell: (command: string) => run(['sh', '-c', command]),
    change(file: string, change: (text: string) => string): void {
      const path = join(folder, file)
      writeFileSync(path, change(readFileSync(path, 'utf8')))
    },
    write(file: string, text: string): void {
      writeFileSync(join(folder, file), text)
    },
  }

  async function run([command, ...args]: string[], env: Record<string, string> = {}): Promise<Result> {
    const child = spawn(command!, args, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ignores the developer's own login and account, and keeps wrangler's cache here.
      env: {
        PATH: `${resolve('node_modules/.bin')}:${process.env['PATH']}`,
        HOME: join(folder, 'home'),
        WRANGLER_CACHE_DIR: join(folder, 'home/cache'),
        WRANGLER_SEND_METRICS: 'false',
        npm_config_update_notifier: 'false',
        NODE_OPTIONS: `--import=${join(import.meta.dirname, 'reach-workers-dev.ts')}`,
        WORKERS_DEV: cloudflare.workersDev,
        CLOUDFLARE_API_BASE_URL: cloudflare.api,
        CLOUDFLARE_API_TOKEN: TOKEN,
        ...env,
      },
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const [status] = (await once(child, 'close')) as [number]
    return { status, output }
  }
}
