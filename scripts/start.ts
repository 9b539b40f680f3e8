import { createServer } from 'node:net'
import { DEMO_EMAIL, provideDemo } from './demo.ts'
import { signingKeys } from '../src/auth/tokens.ts'
import { fail, local, migrate, optionsOf, secret } from './local.ts'
import provideStaticFiles, { watchBundles } from './static-files.ts'
import { whenStopped } from './when-stopped.ts'
import { startWrangler } from './wrangler.ts'

const HOUR = 3_600_000

const HELP = `Runs the shop on this machine: applies new migrations, makes secrets and demo data where
there are none, then starts wrangler dev on 127.0.0.1.

  npm start -- [--port N]      8787 by default`

const values = optionsOf(HELP, { port: { type: 'string', default: '8787' } })
const port = Number(values.port)
if (!Number.isInteger(port) || port < 1 || port > 65_535)
  fail(`--port takes a number from 1 to 65535.\n\n${HELP}`)
if (!(await isFree(port))) {
  fail(`Port ${port} is taken. Stop what runs there, or choose another: npm start -- --port ${port + 1}`)
}

requireLongSecret(secret('JWT_SECRET', 48))
const password = secret('DEMO_STAFF_PASSWORD', 12)
migrate()
await provideDemo(password)
provideStaticFiles()
await watchBundles()

const url = `http://127.0.0.1:${port}`
const server = startWrangler([
  'dev',
  '--ip=127.0.0.1',
  `--port=${port}`,
  '--inspector-port=0',
  '--var=SERVER_TIMING:on',
  '--show-interactive-dev-session=false',
])
let ending = false
whenStopped(() => {
  ending = true
  server.kill('SIGTERM')
})
server.on('exit', (code) => process.exit(ending ? 0 : (code ?? 1)))

await answering(`${url}/api/health/`)
await cleanUp()
setInterval(() => void cleanUp(), HOUR).unref()
console.log(`
  The shop is open.${local('RATE_LIMITING') === 'off' ? ' RATE LIMITING IS OFF (.dev.vars).' : ''}

    Shop         ${url}/
    API          ${url}/api/
    Reference    ${url}/docs
    Demo staff   ${DEMO_EMAIL}
    Password     ${password}

  Ctrl-C ends it.
`)

/** The Worker would answer 500 to everything. */
function requireLongSecret(key: string): void {
  try {
    signingKeys({ JWT_SECRET: key })
  } catch {
    fail('JWT_SECRET in .dev.vars is shorter than 32 bytes. Remove its line, and the next start makes one.')
  }
}

/** On Cloudflare a cron trigger does this; here nobody else would. */
async function cleanUp(): Promise<void> {
  const { ok } = await fetch(`${url}/cdn-cgi/local/scheduled`)
  if (!ok) console.warn('The clean-up failed; the lines above say why.')
}

async function answering(health: string): Promise<void> {
  for (;;) {
    const answer = await fetch(health).catch(() => undefined) // not listening yet
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function isFree(candidate: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(candidate, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
