import { unstable_readConfig } from 'wrangler'
import type { Run } from './accounts.ts'
import { fail } from './local.ts'
import { type Failure, wrangler } from './wrangler.ts'

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

/** Sets a random key for the tokens of the shop on Cloudflare. */
export function secretCommand(env: string): string {
  return `node -p "crypto.randomBytes(48).toString('base64url')" | npx wrangler secret put JWT_SECRET --env="${env}"`
}

/** Codes of Cloudflare's API for a token that it does not know, or that may not do this. */
const UNAUTHORIZED = [9106, 9109, 10000]

/** What to do about a failure of wrangler, where that is known. Of its own failures it gives only the sentence. */
export function adviceOn({ code, message }: Failure): string | undefined {
  if (message.startsWith("In a non-interactive environment, it's necessary to set a CLOUDFLARE_API_TOKEN")) {
    return 'You are not logged in to Cloudflare. Do so with: npx wrangler login'
  }
  if (message.startsWith('More than one account available')) {
    return 'Say which of these accounts is meant: put CLOUDFLARE_ACCOUNT_ID=<its id> before the command.'
  }
  if (message.startsWith('Failed to automatically retrieve account IDs')) {
    return 'Name the account if the token may not list accounts: put CLOUDFLARE_ACCOUNT_ID=<its id> before the command.'
  }
  if (UNAUTHORIZED.includes(code!)) {
    return `The login may have expired: npx wrangler login. A token in CLOUDFLARE_API_TOKEN needs these rights on the account:
Workers Scripts, D1 and Workers KV Storage, each to edit; and CLOUDFLARE_ACCOUNT_ID must name that account.`
  }
  return undefined
}

/** Runs statements on the database on Cloudflare, all in one request; gives the rows of each. */
export async function runRemotely(env: string, statements: readonly string[]): ReturnType<Run> {
  const command = statements.join(';\n')
  const args = ['d1', 'execute', 'DB', '--remote', '--json', '--command', command]
  const { ok, stdout, output, failure } = wrangler(args, env)
  if (!ok) {
    const advice = failure && adviceOn(failure)
    fail(`The database on Cloudflare refused. Wrangler says:\n\n${output}${advice ? `\n\n${advice}` : ''}`)
  }
  return (JSON.parse(stdout) as { results: Record<string, unknown>[] }[]).map(({ results }) => results)
}
