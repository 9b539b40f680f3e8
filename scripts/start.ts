import { once } from 'node:events'
import { createServer } from 'node:net'
import { signingKeys } from '../src/auth/tokens.ts'
import ensureStaticFiles, { watchBundles } from './build/static-files.ts'
import { onShutdown } from './cli/on-shutdown.ts'
import { fail, optionsOf } from './cli/options.ts'
import { DEMO_EMAIL, ensureDemo } from './database/demo.ts'
import { migrate } from './database/local.ts'
import { BROKEN, unhealthy } from './deploy/health.ts'
import { localMail } from './start/local-mail.ts'
import { localPayments } from './start/local-payments.ts'
import { runJob } from './start/run-job.ts'
import { devVar, ensureSecret } from './wrangler/dev-vars.ts'
import { variablesOf } from './wrangler/environment.ts'
import { requireSettings } from './wrangler/settings.ts'
import { startWrangler } from './wrangler/wrangler.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Within which the shop starts; allows for a busy machine. */
const PATIENCE = 2 * MINUTE

const HELP = `Runs the shop on this machine: applies new migrations, creates missing secrets and demo data, then starts
wrangler dev on 127.0.0.1.

  npm start -- [--port N] [--payments] [--payment-minutes N]

  --port N               the port of the shop, 8787 by default
  --payments             takes test payments through a stand-in for Stripe on the next port. If .dev.vars has both
                         secrets of Stripe's test mode, every start, with or without --payments, uses the test mode
                         instead
  --payment-minutes N    implies --payments; with the stand-in, orders and payment pages expire after N minutes
                         instead of an hour`

/** The triggers of wrangler.toml. */
const EVERY_MINUTE = '* * * * *'
const HOURLY = '17 * * * *'

const values = optionsOf(HELP, {
  port: { type: 'string', default: '8787' },
  payments: { type: 'boolean' },
  'payment-minutes': { type: 'string' },
})
const port = numberOf('--port', values.port, 65_534)
const minutes = values['payment-minutes']
const paymentMinutes = minutes === undefined ? undefined : numberOf('--payment-minutes', minutes, 30)
const wantsPayments = values.payments === true || paymentMinutes !== undefined
const mail = localMail(port)
const vars = { ...variablesOf(undefined), ...mail.vars }
requireSettings(vars, 'Correct it in wrangler.toml or .dev.vars, and start again.')
for (const needed of wantsPayments ? [port, port + 1] : [port]) {
  if (!(await isFree(needed))) {
    fail(`Port ${needed} is in use. Stop the program that uses it, or choose another port with --port.`)
  }
}

requireLongSecret(ensureSecret('JWT_SECRET', 48))
const password = ensureSecret('DEMO_STAFF_PASSWORD', 12)
migrate()
await ensureDemo(password)
ensureStaticFiles()
await watchBundles()
const payments = localPayments({ port, isWanted: wantsPayments, minutes: paymentMinutes })

const url = `http://127.0.0.1:${port}`
const server = startWrangler([
  'dev',
  '--ip=127.0.0.1',
  `--port=${port}`,
  '--inspector-port=0',
  '--var=SERVER_TIMING:on',
  ...Object.entries({ ...mail.vars, ...payments.vars }).map(([name, value]) => `--var=${name}:${value}`),
  '--show-interactive-dev-session=false',
])
let ending = false
onShutdown(() => {
  ending = true
  server.kill('SIGTERM')
})
server.on('exit', (code) => process.exit(ending ? 0 : (code ?? 1)))

await requireHealthy(new URL('/api/health/', url))
await runJob(url, HOURLY)
setInterval(() => void runJob(url, HOURLY), HOUR).unref()
setInterval(() => void runJob(url, EVERY_MINUTE), MINUTE).unref()
console.log(`
  The shop is running.${devVar('RATE_LIMITING') === 'off' ? ' RATE LIMITING IS OFF (.dev.vars).' : ''}

    Shop         ${url}/
    API          ${url}/api/
    Reference    ${url}/docs
    Demo staff   ${DEMO_EMAIL}
    Password     ${password}
    Payments     ${payments.line}
    Mails        ${mail.line}

  Ctrl-C stops it.
`)

/** With a shorter one the Worker would answer every request with 500. */
function requireLongSecret(key: string): void {
  try {
    signingKeys({ JWT_SECRET: key })
  } catch {
    fail(
      'JWT_SECRET in .dev.vars is shorter than 32 bytes. Remove its line, and the next start generates a new key.',
    )
  }
}

function numberOf(option: string, text: string, most: number): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > most)
    fail(`${option} takes a number from 1 to ${most}.\n\n${HELP}`)
  return number
}

async function requireHealthy(health: URL): Promise<void> {
  const problem = await unhealthy(health, PATIENCE, 200)
  if (problem === undefined) return
  server.removeAllListeners('exit').kill('SIGTERM')
  await once(server, 'exit') // the error of the shop may not have been printed yet
  fail(
    problem === BROKEN
      ? `The shop does not start: ${health.href} answers 500, because a setting of .dev.vars or wrangler.toml is invalid.
The lines above say which one. Correct it, and start again.`
      : `The shop has not started within ${PATIENCE / MINUTE} minutes: ${health.href}: ${problem}. See the lines above for the
reason, and start again.`,
  )
}

function isFree(candidate: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(candidate, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
