import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unstable_readConfig } from 'wrangler'
import { writeConfiguration } from './cloudflare-configuration.ts'
import { BROKEN, unhealthy } from './health.ts'
import { fail, local, optionsOf } from './local.ts'
import { adviceOn, checkedEnvironment, secretCommand } from './remote.ts'
import provideStaticFiles from './static-files.ts'
import { type Outcome, wrangler, wranglerOnTerminal } from './wrangler.ts'

const HELP = `Puts the shop on Cloudflare, or a new version of it. Each step looks at what is there before it acts, so
that a deploy which failed can be run again: builds, requires the secret, finds or makes the database,
applies the migrations, uploads, and asks the shop whether it is well.

  npm run deploy -- [--env NAME] [--url URL]

  --env NAME   an environment of wrangler.toml, such as staging; production without it
  --url URL    where the shop is reached, when that is not its workers.dev address`

/** As far as it is needed here: wrangler's own types of the configuration come without what they import. */
interface Configuration {
  name: string
  vars: Record<string, unknown>
  d1_databases: { binding: string; database_name: string; database_id?: string }[]
  kv_namespaces: { binding: string; id?: string }[]
}

const values = optionsOf(HELP, { env: { type: 'string' }, url: { type: 'string' } })
const env = checkedEnvironment(values.env)
if (values.url !== undefined && !URL.canParse(values.url))
  fail(`--url takes an address such as https://shop.example.com.\n\n${HELP}`)
const shop: Configuration = unstable_readConfig({ config: 'wrangler.toml', env })

requireRateLimits()
build()
requireSecrets()
const configuration = writeConfiguration(env, new Map([...databases(), ...namespaces()]))
migrate()
const targets = upload()
await requireHealth(values.url ?? targets.find((target) => target.startsWith('https://')))

function requireRateLimits(): void {
  for (const [file, value] of [
    ['wrangler.toml', shop.vars['RATE_LIMITING']],
    ['.dev.vars', local('RATE_LIMITING')],
  ] as const) {
    if (value === 'off')
      fail(`${file} switches the rate limits off. That is for load tests on this machine: remove it first.`)
  }
}

/** Before anything changes on Cloudflare: what does not build must not migrate. */
function build(): void {
  console.log('Building ...')
  provideStaticFiles()
  const folder = mkdtempSync(join(tmpdir(), 'kiosk-build-'))
  const outcome = wrangler(['deploy', '--dry-run', '--minify', `--outdir=${folder}`], env)
  rmSync(folder, { recursive: true })
  required(outcome, 'The Worker does not build. Nothing was changed on Cloudflare.')
}

/** The first call that needs the account, and so the one that judges whether there is one. */
function requireSecrets(): void {
  console.log('Looking for the secret ...')
  const outcome = wrangler(['secret', 'list', '--format=json'], env)
  // A Worker that does not exist has a code in Cloudflare's API, which wrangler turns into this sentence.
  const missing = /^Worker ".+" (\(env: .+\) )?not found\./.test(outcome.failure?.message ?? '')
  if (!missing) required(outcome, 'The secrets of the Worker could not be read.')
  const names = missing ? [] : (JSON.parse(outcome.stdout) as { name: string }[]).map(({ name }) => name)
  if (!names.includes('JWT_SECRET')) {
    fail(`The Worker has no JWT_SECRET yet, which signs the tokens. Set a random one, then deploy again. Where
wrangler asks whether to create the Worker, say yes.

  ${secretCommand(env)}`)
  }
  if (names.includes('RATE_LIMITING')) {
    fail(`The Worker has a secret RATE_LIMITING, which could switch the limits off. Remove it first:

  npx wrangler secret delete RATE_LIMITING --env="${env}"`)
  }
}

/** The ids of the databases by binding; makes those that the account lacks. */
function databases(): [string, string][] {
  const wanted = shop.d1_databases.filter(({ database_id }) => database_id === undefined)
  if (wanted.length === 0) return []
  console.log('Looking for the database ...')
  let known = listDatabases()
  const missing = wanted.filter(({ database_name }) => !known.has(database_name))
  for (const { database_name } of missing) {
    console.log(`Making the database ${database_name} ...`)
    required(wrangler(['d1', 'create', database_name], env), 'The database could not be made.')
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
 * The ids of the namespaces by binding, found by the title that wrangler gives those it makes. One that is
 * not found is left to the upload, which keeps what the Worker is bound to, or makes it. Databases, and R2
 * buckets should there be some, wrangler finds by name; a namespace made by an upload that failed it does
 * not find again, and could not make twice.
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
 * Before the code, which may need what they add. So the code that serves meanwhile, or for good if the upload
 * fails, meets the new tables: a migration may add, and what it removes must be what the deployed code no
 * longer uses. Removals go out a deploy later than the code that stops using them.
 */
function migrate(): void {
  console.log('Applying the migrations ...')
  const args = ['d1', 'migrations', 'apply', 'DB', '--remote', `--config=${configuration}`]
  required(
    wrangler(args, env),
    `The migrations could not all be applied; each is applied whole or not at all. The code that served before, if
any, still serves. Deploying again goes on with the first one that is missing.`,
  )
}

/** Gives the addresses and schedules that wrangler set up. */
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
      return fail(`The new code serves, on a database that is ready for it. What was not set up is said above: schedules
(without them nothing is cleaned up) or addresses. Mend that, then ${again}`)
    case undefined:
      return fail(`The upload failed, as said above, and which code serves could not be found out. The migrations are
applied, and as long as they only add, the old code works as well. Mend that, then ${again}`)
    default:
      return fail(`The new code was not deployed, as said above. The code that served before, if any, still serves. The
migrations are applied, and as long as they only add, it works as before. Mend that, then ${again}`)
  }
}

/** The tag of the version that serves, if it can be found out: schedules and addresses are set after it. */
function servingTag(): string | undefined {
  const deployment = wrangler(['deployments', 'status', '--json'], env)
  if (!deployment.ok) return undefined
  const { versions } = JSON.parse(deployment.stdout) as { versions: { version_id: string }[] }
  const version = wrangler(['versions', 'view', versions[0]!.version_id, '--json'], env)
  if (!version.ok) return undefined
  const { annotations } = JSON.parse(version.stdout) as { annotations?: Record<string, string> }
  return annotations?.['workers/tag'] ?? 'none'
}

/** Ends with what to do next. */
async function requireHealth(url: string | undefined): Promise<void> {
  const remote = `--remote${env === '' ? '' : ` --env ${env}`}`
  const next = `Make yourself staff with: npm run create-admin -- ${remote} --email you@example.com`
  if (url === undefined) {
    console.log(
      `Deployed, but not asked whether it is well, since it has no workers.dev address: give --url.\n${next}`,
    )
    return
  }
  const health = new URL('/api/health/', url)
  console.log(`Asking ${health.href} ...`)
  const problem = await unhealthy(health)
  if (problem === BROKEN) {
    fail(`The shop is deployed, and answers 500 to everything. Most likely its JWT_SECRET is shorter than 32 bytes:
it refuses to sign tokens with one that could be guessed. Set a random one; it takes effect at once:

  ${secretCommand(env)}

If that was not it, npx wrangler tail --env="${env}" shows the error.`)
  }
  if (problem !== undefined) {
    fail(`The shop is deployed, but does not answer as it should: ${problem}.
A new address can take a few minutes: open ${health.href}, which should say {"status":"ok"}.
npx wrangler tail --env="${env}" shows errors. Where the shop has another address, give it with --url.`)
  }
  console.log(`The shop is open: ${new URL(url).origin}/\n${next}`)
}

function required(outcome: Outcome, what: string): void {
  if (!outcome.ok) fail(`${what} Wrangler says:\n\n${outcome.output}${advised(outcome)}`)
}

function advised({ failure }: Outcome): string {
  const advice = failure && adviceOn(failure)
  return advice === undefined ? '' : `\n\n${advice}`
}
