import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'

const BIN = join(import.meta.dirname, '../node_modules/wrangler/bin/wrangler.js')

/** No question, no telemetry, no look-up of a network: also on a terminal, also offline. */
const QUIET = {
  CI: '1',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
}

/**
 * The environment of wrangler.toml is always said, '' for its top level: wrangler would otherwise take it
 * from CLOUDFLARE_ENV, or warn that there are several.
 */
const command = (args: string[], env: string) => [BIN, ...args, `--env=${env}`]

/** Runs wrangler to its end; its output where it went wrong. */
export function wrangler(args: string[], env = ''): { ok: boolean; stdout: string; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, command(args, env), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...QUIET },
    maxBuffer: 2 ** 28,
  })
  return { ok: status === 0, stdout, output: `${stdout}${stderr}` }
}

/** Runs wrangler with its output on the terminal, until it ends or `exit`s. */
export function startWrangler(args: string[], env = ''): ChildProcess {
  return spawn(process.execPath, command(args, env), {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...QUIET },
  })
}
