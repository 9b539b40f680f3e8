import { randomUUID } from 'node:crypto'
import { missingStripeSecret } from '../src/settings.ts'
import ensureStaticFiles from './build/static-files.ts'
import { fail, optionsOf, requireWebAddress } from './cli/options.ts'
import { temporaryFolder } from './cli/temporary-folder.ts'
import { writeConfiguration } from './deploy/configuration.ts'
import { BROKEN, unhealthy } from './deploy/health.ts'
import { advised, required } from './wrangler/advice.ts'
import { devVar } from './wrangler/dev-vars.ts'
import { checkedEnvironment, secretCommand } from './wrangler/environment.ts'
import { readConfig } from './wrangler/read-config.ts'
import { requireSettings } from './wrangler/settings.ts'
import { wrangler, wranglerOnTerminal } from './wrangler/wrangler.ts'

const HELP = `Deploys the shop, or a new version of it, to Cloudflare: builds, requires that the secret JWT_SECRET is set,
finds or creates the database, applies the migrations, uploads, and checks the health of the shop. Each step
looks at what already exists, so a deploy that failed can be run again.

  npm run deploy -- [--env NAME] [--url URL]

  --env NAME   an environment of wrangler.toml, such as staging; production by default
  --url URL    the address whose health is checked; by default the shop's workers.dev address`

/** The fields used here; wrangler's exported configuration types do not resolve. */
interface Configuration {
  name: string
  vars: Record<string, unknown>
  d1_databases: { binding: string; database_name: string; database_id?: string }[]
  kv_namespaces: { binding: string; id?: string }[]
}

const values = optionsOf(HELP, { env: { type: 'string' }, url: { type: 'string' } })
const env = checkedEnvironment(values.env)
if (values.url !== undefined) requireWebAddress(values.url)
const shop: Configuration = readConfig(env)

requireRateLimits()
requireStripe()
requireSettings(shop.vars, 'Correct it in wrangler.toml, then deploy again.')
build()
requireSecrets()
const configuration = writeConfiguration(env, shop.name, new Map([...databases(), ...namespaces()]))
migrate()
const targets = upload()
await requireHealth(values.url ?? targets.find((target) => target.startsWith('https://')))

function requireRateLimits(): void {
  for (const [file, value] of [
    ['wrangler.toml', shop.vars['RATE_LIMITING']],
    ['.dev.vars', devVar('RATE_LIMITING')],
  ] as const) {
    if (value === 'off')
      fail(
        `${file} switches the rate limits off, which is for load tests on this machine. Remove that line first.`,
      )
  }
}

/** The key of the shop must go to Stripe only. */
function requireStripe(): void {
  if (shop.vars['STRIPE_API'])
    fail(
      'wrangler.toml has STRIPE_API, which is for a stand-in for Stripe on this machine. Remove that line first.',
    )
}

/** Before anything changes on Cloudflare: code that does not build must not migrate the database. */
function build(): void {
  console.log('Building ...')
  ensureStaticFiles()
  const outcome = wrangler(['deploy', '--dry-run', '--minify', `--outdir=${temporaryFolder('build')}`], env)
  required(outcome, 'The Worker does not build. Nothing was changed on Cloudflare.')
}

/** The first call that needs an account, so this is where a missing log-in shows. */
function requireSecrets(): void {
  console.log('Looking for the secret ...')
  const outcome = wrangler(['secret', 'list', '--format=json'], env)
  // Cloudflare's API has a code for a Worker that does not exist; wrangler turns it into this sentence.
  const missing = /^Worker ".+" (\(env: .+\) )?not found\./.test(outcome.failure?.message ?? '')
  if (!missing) required(outcome, 'The secrets of the Worker could not be read.')
  const names = missing ? [] : (JSON.parse(outcome.stdout) as { name: string }[]).map(({ name }) => name)
  if (!names.includes('JWT_SECRET')) {
    fail(`The Worker has no JWT_SECRET yet, the key that signs the tokens. Set a random key with the command below, then
deploy again. If wrangler asks whether to create the Worker, answer yes. Store the key that is printed: Cloudflare never
shows it again, and you need it for a rotation of the key.

  ${secretCommand(env)}`)
  }
  const missingOfStripe = missingStripeSecret(Object.fromEntries(names.map((name) => [name, 'set'])))
  if (missingOfStripe !== undefined) {
    console.warn(`The Worker has only one of the two secrets of Stripe. Until it has both, the shop takes no payments, and
orders are placed without payment. Set the other secret (docs/operations.md):

  npx wrangler secret put ${missingOfStripe} --env="${env}"
`)
  }
  if (names.includes('STRIPE_API')) {
    fail(`The Worker has a secret STRIPE_API, the address of a stand-in for Stripe. Remove it first:

  npx wrangler secret delete STRIPE_API --env="${env}"`)
  }
  if (names.includes('RATE_LIMITING')) {
    fail(`The Worker has a secret RATE_LIMITING, which could switch the limits off. Remove it first:

  npx wrangler secret delete RATE_LIMITING --env="${env}"`)
  }
}

/** The ids of the databases by binding; creates those that the account lacks. */
function databases(): [string, string][] {
  const wanted = shop.d1_databases.filter(({ database_id }) => database_id === undefined)
  if (wanted.length === 0) return []
  console.log('Looking for the database ...')
  let known = listDatabases()
  const missing = wanted.filter(({ database_name }) => !known.has(database_name))
  for (const { database_name } of missing) {
    console.log(`Creating the database ${database_name} ...`)
    required(wrangler(['d1', 'create', database_name], env), 'The database could not be created.')
  }
  if (missing.length > 0) known = listDatabases()
  return wanted.map(({ binding, database_name }) => [binding, known.get(database_name)!])
}

function listDatabases(): Map<string, string> {
  const outcome = wrangler(['d1', 'list', '--json'], env)
  required(outcome, 'The databases of the account could not be listed.')
  const listed = JSON.parse(outcome.stdout) as { name: string; uuid: string }[]
  return new Map(listed.map(({ name, uuid }) => [name, uuid]))
}

/**
 * The ids of the namespaces by binding. Wrangler's upload creates a namespace, or keeps the one that the
 * Worker is bound to, but if that upload fails, the next one does not find the namespace again and cannot
 * create it twice. So it is looked up here, by the title that wrangler gives it.
 */
function namespaces(): [string, string][] {
  const wanted = shop.kv_namespaces.filter(({ id }) => id === undefined)
  if (wanted.length === 0) return []
  console.log('Looking for the namespace ...')
  const outcome = wrangler(['kv', 'namespace', 'list'], env)
  required(outcome, 'The KV namespaces of the account could not be listed.')
  const listed = JSON.parse(outcome.stdout) as { title: string; id: string }[]
  return wanted.flatMap(({ binding }) => {
    const title = `${shop.name}-${binding.toLowerCase().replaceAll('_', '-')}`
    return listed.filter((namespace) => namespace.title === title).map(({ id }) => [binding, id])
  })
}

/**
 * Before the upload, since the new code may need what a migration adds. The old code runs on the new schema
 * until the upload succeeds, so a migration may only add; removals go out one deploy later than the code that
 * stops using what they remove.
 */
function migrate(): void {
  console.log('Applying the migrations ...')
  const args = ['d1', 'migrations', 'apply', 'DB', '--remote', `--config=${configuration}`]
  required(
    wrangler(args, env),
    `The migrations could not all be applied; each migration is applied whole or not at all. The previous code, if
any, is still live. Deploy again to continue with the first migration that is missing.`,
  )
}

/** Returns the addresses and schedules that wrangler set up. */
function upload(): string[] {
  console.log('Uploading ...')
  const tag = randomUUID().slice(0, 8)
  const options = ['--minify', '--upload-source-maps', `--tag=${tag}`, `--config=${configuration}`]
  const outcome = wranglerOnTerminal(['deploy', ...options], env)
  const { deployed } = outcome
  if (outcome.ok && deployed?.version_id) return deployed.targets ?? []
  const again = `deploy again: npm run deploy${env === '' ? '' : ` -- --env ${env}`}${advised(outcome)}`
  switch (servingTag()) {
    case tag:
      return fail(`The new code is live, on a database that is ready for it. Schedules or addresses were not set up: see above.
Without its schedules the shop does not clean up. Fix the cause, then ${again}`)
    case undefined:
      return fail(`The upload failed: see above. It is unknown which code is live. The migrations are applied. As long as they only
add, the previous code works with them as well. Fix the cause, then ${again}`)
    default:
      return fail(`The new code was not deployed: see above. The previous code, if any, is still live. The migrations are applied.
As long as they only add, the previous code works as before. Fix the cause, then ${again}`)
  }
}

/** The tag of the live version, if known: wrangler sets up schedules and addresses after it. */
function servingTag(): string | undefined {
  const deployment = wrangler(['deployments', 'status', '--json'], env)
  if (!deployment.ok) return undefined
  const { versions } = JSON.parse(deployment.stdout) as { versions: { version_id: string }[] }
  const version = wrangler(['versions', 'view', versions[0]!.version_id, '--json'], env)
  if (!version.ok) return undefined
  const { annotations } = JSON.parse(version.stdout) as { annotations?: Record<string, string> }
  return annotations?.['workers/tag'] ?? 'none'
}

/** Checks the deployed shop and prints what to do next. */
async function requireHealth(url: string | undefined): Promise<void> {
  const remote = `--remote${env === '' ? '' : ` --env ${env}`}`
  const next = `Make yourself staff with: npm run create-admin -- ${remote} --email you@example.com`
  if (url === undefined) {
    console.log(
      `Deployed. The health of the shop was not checked, since it has no workers.dev address: give its address with --url.\n${next}`,
    )
    return
  }
  const health = new URL('/api/health/', url)
  console.log(`Checking ${health.href} ...`)
  const problem = await unhealthy(health)
  if (problem === BROKEN) {
    fail(`The shop is deployed, but its health check answers 500: its JWT_SECRET is shorter than 32 bytes, or another
setting is invalid. The shop signs no tokens with a key that could be guessed. Set a random key, which takes effect
immediately, and store it:

  ${secretCommand(env)}

If that does not help, npx wrangler tail --env="${env}" shows the error.`)
  }
  if (problem !== undefined) {
    fail(`The shop is deployed but its health check fails: ${problem}.
A new address can take a few minutes: open ${health.href}, which should say {"status":"ok"}.
npx wrangler tail --env="${env}" shows errors. If the shop has another address, give it with --url.`)
  }
  console.log(`The shop is running: ${new URL(url).origin}/\n${next}`)
}
