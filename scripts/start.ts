import { createServer } from 'node:net'
import { signingKeys } from '../src/auth/tokens.ts'
import ensureStaticFiles, { watchBundles } from './build/static-files.ts'
import { onShutdown } from './cli/on-shutdown.ts'
import { fail, optionsOf } from './cli/options.ts'
import { DEMO_EMAIL, ensureDemo } from './database/demo.ts'
import { migrate } from './database/local.ts'
import { devVar, ensureSecret } from './wrangler/dev-vars.ts'
import { startWrangler } from './wrangler/wrangler.ts'

const HOUR = 3_600_000

const HELP = `Runs the shop on this machine: applies new migrations, creates missing secrets and demo data, then starts
wrangler dev on 127.0.0.1.

  npm start -- [--port N]      8787 by default`

const values = optionsOf(HELP, { port: { type: 'string', default: '8787' } })
const port = Number(values.port)
if (!Number.isInteger(port) || port < 1 || port > 65_535)
  fail(`--port takes a number from 1 to 65535.\n\n${HELP}`)
if (!(await isFree(port))) {
  fail(
    `Port ${port} is in use. Stop the program that uses it, or choose another: npm start -- --port ${port + 1}`,
  )
}

requireLongSecret(ensureSecret('JWT_SECRET', 48))
const password = ensureSecret('DEMO_STAFF_PASSWORD', 12)
migrate()
await ensureDemo(password)
ensureStaticFiles()
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
onShutdown(() => {
  ending = true
  server.kill('SIGTERM')
})
server.on('exit', (code) => process.exit(ending ? 0 : (code ?? 1)))

await untilHealthy(`${url}/api/health/`)
await cleanUp()
setInterval(() => void cleanUp(), HOUR).unref()
console.log(`
  The shop is running.${devVar('RATE_LIMITING') === 'off' ? ' RATE LIMITING IS OFF (.dev.vars).' : ''}

    Shop         ${url}/
    API          ${url}/api/
    Reference    ${url}/docs
    Demo staff   ${DEMO_EMAIL}
    Password     ${password}

  Ctrl-C stops it.
`)

/** With a shorter one the Worker would answer every request with 500. */
function requireLongSecret(key: string): void {
  try {
    signingKeys({ JWT_SECRET: key })
  } catch {
    fail(
      'JWT_SECRET in .dev.vars is shorter than 32 bytes. Remove its line, and the next start generates one.',
    )
  }
}

/** On Cloudflare a cron trigger does this. */
async function cleanUp(): Promise<void> {
  const { ok } = await fetch(`${url}/cdn-cgi/local/scheduled`)
  if (!ok) console.warn('The clean-up failed: see the lines above.')
}

async function untilHealthy(health: string): Promise<void> {
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
