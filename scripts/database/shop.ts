import { required } from '../wrangler/advice.ts'
import { wrangler } from '../wrangler/wrangler.ts'
import { migrate, withDatabase } from './local.ts'
import { runOn, type RunSql } from './run.ts'

/**
 * Opens the database of the shop that a command works on (`remoteEnvironment`) while `act` runs. The local one gets missing
 * migrations first.
 */
export async function withShop<T>(
  environment: string | undefined,
  act: (run: RunSql) => Promise<T>,
): Promise<T> {
  if (environment !== undefined) return act((statements) => runRemotely(environment, statements))
  migrate()
  return withDatabase((db) => act(runOn(db)))
}

/** Opens the database for one batch at a time, so that wrangler can work on it in between. */
export function runOnShop(environment: string | undefined): RunSql {
  return (statements) => withShop(environment, (run) => run(statements))
}

/** The arguments of `wrangler d1` that name the database. */
export function databaseOf(environment: string | undefined): string[] {
  return ['DB', environment === undefined ? '--local' : '--remote']
}

/** All statements in one request, so that D1 runs all or none. */
async function runRemotely(env: string, statements: readonly string[]): ReturnType<RunSql> {
  const command = statements.join(';\n')
  const outcome = wrangler(['d1', 'execute', 'DB', '--remote', '--json', '--command', command], env)
  required(outcome, 'The database on Cloudflare could not run the statements.')
  const answers = JSON.parse(outcome.stdout) as { results: Record<string, unknown>[] }[]
  return answers.map(({ results }) => results)
}
