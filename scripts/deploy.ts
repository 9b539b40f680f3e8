import { unstable_readConfig } from 'wrangler'
import { fail, local, NOT_LOGGED_IN, optionsOf } from './local.ts'
import provideStaticFiles from './static-files.ts'
import { startWrangler, wrangler } from './wrangler.ts'

const HELP = `Puts the shop on Cloudflare: makes the database and the namespace where they are missing, insists
on the secret, applies the migrations, deploys. Needs an account with Workers Paid, because an honest
password hash takes more CPU time than the free plan gives, and npx wrangler login.

  npm run deploy`

const DATABASE = 'kiosk' // database_name in wrangler.toml

optionsOf(HELP, {})

const { vars } = unstable_readConfig({ config: 'wrangler.toml' })
for (const [file, value] of [
  ['wrangler.toml', vars['RATE_LIMITING']],
  ['.dev.vars', local('RATE_LIMITING')],
]) {
  if (value === 'off')
    fail(`${file} switches the rate limits off. That is for load tests on this machine: remove it first.`)
}

console.log('Looking for the account ...')
if (!wrangler(['whoami']).output.includes('You are logged in')) {
  fail(NOT_LOGGED_IN)
}

console.log('Looking for the secret ...')
const secrets = wrangler(['secret', 'list', '--format', 'json'])
if (!secrets.ok && !/does not exist|10007/.test(secrets.output)) {
  fail(`The secrets of the Worker could not be read:\n${secrets.output}`)
}
if (!secrets.ok || !secrets.stdout.includes('"JWT_SECRET"')) {
  fail(`The Worker has no JWT_SECRET yet, which signs the tokens. Set a random one, then deploy again:

  node -p "crypto.randomBytes(48).toString('base64url')" | npx wrangler secret put JWT_SECRET`)
}

if (secrets.stdout.includes('"RATE_LIMITING"')) {
  fail(`The Worker has a secret RATE_LIMITING, which could switch the limits off. Remove it first:

  npx wrangler secret delete RATE_LIMITING`)
}

if (!wrangler(['d1', 'info', DATABASE, '--json']).ok) {
  console.log('Making the database ...')
  required(['d1', 'create', DATABASE], 'The database could not be made')
}

console.log('Applying the migrations ...')
required(['d1', 'migrations', 'apply', 'DB', '--remote'], 'The migrations could not be applied')

// What is bound but not there yet, wrangler makes, and writes its id to wrangler.toml.
provideStaticFiles()
startWrangler(['deploy', '--minify', '--upload-source-maps']).on('exit', (code) => {
  if (code !== 0)
    fail('The Worker could not be deployed; the lines above say why. The database is ready for it.')
  console.log('Deployed. Make yourself staff with: npm run create-admin -- --remote --email you@example.com')
})

function required(args: string[], what: string): void {
  const { ok, output } = wrangler(args)
  if (!ok) fail(`${what}:\n${output}`)
}
