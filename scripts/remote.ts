import { unstable_readConfig } from 'wrangler'
import type { Run } from './accounts.ts'
import { fail, NOT_LOGGED_IN } from './local.ts'
import { wrangler } from './wrangler.ts'

/** The shop on Cloudflare, as scripts reach it: through wrangler. */

/** The options of a command that acts on this machine or, with --remote, on Cloudflare. */
export const REMOTE_OPTIONS = { remote: { type: 'boolean' }, env: { type: 'string' } } as const

/** How a command's help explains them. */
export const REMOTE_HELP = `  --remote       on Cloudflare instead of this machine
  --env NAME     with --remote: an environment of wrangler.toml, such as staging; production without it`

/**
 * The shop that a command is meant for: undefined is the one on this machine; '' the top level of
 * wrangler.toml, which is production; anything else an environment of it.
 */
export function remoteEnvironment({
  remote,
  env,
}: {
  remote?: boolean | undefined
  env?: string | undefined
}) {
  if (!remote && env !== undefined) fail('--env goes with --remote: there is one shop on this machine.')
  return remote ? checkedEnvironment(env) : undefined
}

/** Refuses an environment that wrangler.toml lacks: wrangler would take the top level for it. */
export function checkedEnvironment(env = ''): string {
  const { definedEnvironments = [] } = unstable_readConfig({ config: 'wrangler.toml', env: '' })
  if (env !== '' && !definedEnvironments.includes(env)) {
    const known = definedEnvironments.length > 0 ? definedEnvironments.join(', ') : 'none'
    fail(`wrangler.toml has no environment "${env}". It has: ${known}.`)
  }
  return env
}

/** Runs statements on the database on Cloudflare, all in one request; gives the rows of each. */
export async function runRemotely(env: string, statements: readonly string[]): ReturnType<Run> {
  const command = statements.join(';\n')
  const args = ['d1', 'execute', 'DB', '--remote', '--json', '--command', command]
  const { ok, stdout, output } = wrangler(args, env)
  if (!ok && /CLOUDFLARE_API_TOKEN|not authenticated/i.test(output)) fail(NOT_LOGGED_IN)
  if (!ok) fail(`The remote database refused:\n${output}`)
  return (JSON.parse(stdout) as { results: Record<string, unknown>[] }[]).map(({ results }) => results)
}
