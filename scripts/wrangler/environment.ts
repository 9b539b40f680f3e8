import { fail } from '../cli/options.ts'
import { devVars } from './dev-vars.ts'
import { readConfig } from './read-config.ts'

/** The options of a command that works on the local shop or, with --remote, on one on Cloudflare. */
export const REMOTE_OPTIONS = { remote: { type: 'boolean' }, env: { type: 'string' } } as const

/** These options in the help of a command. */
export const REMOTE_HELP = `  --remote       works on the shop on Cloudflare instead of the one on this machine
  --env NAME     with --remote: an environment of wrangler.toml, such as staging; production by default`

/**
 * The shop that a command works on: `undefined` is the local one, '' the top level of wrangler.toml, which
 * is production, and anything else an environment of it.
 */
export function remoteEnvironment({
  remote,
  env,
}: {
  remote?: boolean | undefined
  env?: string | undefined
}) {
  if (!remote && env !== undefined) fail('--env requires --remote: there is only one shop on this machine.')
  return remote ? checkedEnvironment(env) : undefined
}

/** The options that name this shop, for a command that a message suggests. */
export function remoteFlags(environment: string | undefined): string {
  return environment === undefined ? '' : ` -- --remote${environment && ` --env ${environment}`}`
}

/** The name of the shop: `local`, `production`, or its environment of wrangler.toml. */
export function nameOf(environment: string | undefined): string {
  return environment === undefined ? 'local' : environment || 'production'
}

/** The name of the shop's Worker. Two checkouts may both have a `production`, with Workers of different names. */
export function workerOf(environment: string | undefined): string | undefined {
  return readConfig(environment).name
}

/** Refuses an environment that wrangler.toml lacks: wrangler would use the top level instead. */
export function checkedEnvironment(env = ''): string {
  const { definedEnvironments = [] } = readConfig()
  if (env !== '' && !definedEnvironments.includes(env)) {
    const known = definedEnvironments.length > 0 ? definedEnvironments.join(', ') : 'none'
    fail(`wrangler.toml has no environment "${env}". It has: ${known}.`)
  }
  return env
}

/** The variables of a shop, from wrangler.toml; in the local shop those in .dev.vars override them, name by name. */
export function variablesOf(environment: string | undefined): Record<string, unknown> {
  const { vars } = readConfig(environment)
  return { ...vars, ...(environment === undefined ? devVars() : {}) }
}

/** Sets a random key that signs the tokens of a shop on Cloudflare, and prints it: a rotation needs it. */
export function secretCommand(env: string): string {
  return `KEY=$(node -p "crypto.randomBytes(48).toString('base64url')") && echo "$KEY" && echo "$KEY" | npx wrangler secret put JWT_SECRET --env="${env}"`
}
