import { spawn, spawnSync, type ChildProcess, type SpawnSyncOptions } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Without wrangler's own wrapper, bin/wrangler.js, which exits 0 when a signal ends wrangler. */
const CLI = join(import.meta.dirname, '../../node_modules/wrangler/wrangler-dist/cli.js')

/** No telemetry and no network look-ups, so that it works offline. */
const QUIET = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
}

export interface Outcome {
  ok: boolean
  stdout: string
  /** Everything it printed, and the signal that ended it, if one did. */
  output: string
  /** Why it failed: with a code if Cloudflare's API refused, without one if wrangler itself did. */
  failure?: Failure | undefined
  /** What it deployed; without a version if the user declined. */
  deployed?: { version_id: string | null; targets?: string[] } | undefined
}

export interface Failure {
  code?: number
  message: string
}

/**
 * Always names the environment of wrangler.toml, '' for its top level: wrangler would otherwise take it from
 * CLOUDFLARE_ENV, or warn that there are several.
 */
const command = (args: string[], env: string) => ['--no-warnings', CLI, ...args, `--env=${env}`]

/** Runs wrangler to its end, without questions, and captures its output. */
export function wrangler(args: string[], env = ''): Outcome {
  return run(args, env, ['ignore', 'pipe', 'pipe'])
}

/** Runs wrangler to its end on the terminal, where it may ask questions. */
export function wranglerOnTerminal(args: string[], env = ''): Outcome {
  return run(args, env, 'inherit')
}

/** Starts wrangler with its output on the terminal. */
export function startWrangler(args: string[], env = ''): ChildProcess {
  return spawn(process.execPath, command(args, env), {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...QUIET, CI: '1' },
  })
}

function run(args: string[], env: string, stdio: SpawnSyncOptions['stdio']): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'kiosk-wrangler-'))
  const report = join(folder, 'report.ndjson') // wrangler's machine-readable output
  try {
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, command(args, env), {
      encoding: 'utf8',
      stdio,
      env: { ...process.env, ...QUIET, WRANGLER_OUTPUT_FILE_PATH: report },
      maxBuffer: 2 ** 28,
    })
    const wasKilled = signal !== null // perhaps while it wrote its report
    const ended = wasKilled ? `\nWrangler was ended by ${signal}.` : ''
    const lines = !wasKilled && existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n') : []
    const events = lines.map((line) => JSON.parse(line) as { type: string })
    const last = (type: string) => events.findLast((event) => event.type === type)
    return {
      ok: status === 0,
      stdout: stdout ?? '',
      output: `${stdout ?? ''}${stderr ?? ''}${ended}`.trim(),
      failure: last('command-failed') as Failure | undefined,
      deployed: last('deploy') as Outcome['deployed'],
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
