import { spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { optionsOf } from '../cli/options.ts'
import { freePort } from '../sandbox/free-port.ts'
import { openSandbox } from '../sandbox/sandbox.ts'
import { demoStaff, killShop, startShop } from '../sandbox/shop-process.ts'

const HELP = `Starts the shop in a fresh copy of the project, twice. No request may fail in the ten seconds after "The shop
is running". After each start it runs npm run smoke against the shop; the second time the shop takes payments, has a
delivery option, and requires all that a shop can require of an order. Then a start with an invalid setting must end with
a message. Exits 1 on any failure.

  npm run test:smoke`

const SECONDS = 10
const READS = 300
/** One address may log in sixty times a minute: the smoke test shares that. */
const LOG_INS = 15
/** TRY has the highest least charge. The smoke test opens no page to pay, so nothing needs to answer for Stripe. */
const DEMANDS = `REQUIRE_ADDRESS="on"
CURRENCY="TRY"
STRIPE_SECRET_KEY="sk_test_smoke"
STRIPE_WEBHOOK_SECRET="whsec_smoke"
STRIPE_API="http://127.0.0.1:9"
`
const PATHS = ['/api/products/', '/api/health/', '/', '/client.js', '/docs']

optionsOf(HELP, {})
const port = await freePort()
const url = `http://127.0.0.1:${port}`
const sandbox = openSandbox({ asCloned: true })

await withShop('first', runSmoke)
appendFileSync(join(sandbox, '.dev.vars'), DEMANDS)
await withShop('second', async () => {
  await addDelivery()
  runSmoke()
})
appendFileSync(join(sandbox, '.dev.vars'), 'MAX_OPEN_ORDERS="few"\n')
await requireRefusal('MAX_OPEN_ORDERS must be a whole number')

async function withShop(start: string, act: () => unknown): Promise<void> {
  const shop = await startShop(sandbox, port)
  try {
    await requireSteady(start)
    await act()
  } finally {
    killShop(shop)
  }
}

/** The shop does not start, and its output says why. */
async function requireRefusal(reason: string): Promise<void> {
  const output = await startShop(sandbox, port).then(
    (shop) => {
      killShop(shop)
      return 'It started.'
    },
    (error: Error) => error.message,
  )
  if (!output.includes(reason) || !output.includes('and start again.'))
    throw new Error(`A start with an invalid setting does not say so:\n${output}`)
  console.log('A start with an invalid setting ended with a message.')
}

/** One that costs something, and serves one country. */
async function addDelivery(): Promise<void> {
  const { access } = (await post('/api/token/', demoStaff(sandbox), 200)) as { access: string }
  const option = { name: 'Parcel', price: '90.00', countries: ['NZ'] }
  await post('/api/admin/delivery-options/', option, 201, access)
}

async function post(path: string, body: object, expected: number, access?: string): Promise<unknown> {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(access !== undefined && { Authorization: `Bearer ${access}` }),
    },
    body: JSON.stringify(body),
  })
  if (answer.status !== expected) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

function runSmoke(): void {
  const { email, password } = demoStaff(sandbox)
  const { status } = spawnSync(
    process.execPath,
    ['scripts/smoke.ts', '--url', url, '--staff-email', email, '--password', '-'],
    { input: password, stdio: ['pipe', 'inherit', 'inherit'] },
  )
  if (status !== 0) throw new Error('npm run smoke failed: see above.')
}

/**
 * When the Worker restarts, wrangler repeats a GET by itself but answers a running POST with 503. A log-in is
 * slow, so a sequence of them keeps one running throughout the first seconds.
 */
async function requireSteady(start: string): Promise<void> {
  const reads = Array.from({ length: READS }, async (_, n) => {
    await new Promise((resolve) => setTimeout(resolve, (n * SECONDS * 1000) / READS))
    return failure(PATHS[n % PATHS.length]!, 200)
  })
  const failures: (string | undefined)[] = []
  for (let n = 0; n < LOG_INS; n += 1) {
    const body = JSON.stringify({ email: `nobody-${n}@example.com`, password: 'nobody knows it' })
    failures.push(await failure('/api/token/', 401, { method: 'POST', body }))
  }
  failures.push(...(await Promise.all(reads)))
  const lines = failures.filter((line) => line !== undefined)
  if (lines.length > 0) throw new Error(`${lines.length} requests failed:\n${lines.join('\n')}`)
  console.log(`The ${start} start: no request of the first ${SECONDS} seconds failed.`)
}

/** Describes the response, unless it has the expected status. */
async function failure(path: string, expected: number, init: RequestInit = {}): Promise<string | undefined> {
  const request = `${init.method ?? 'GET'} ${path}`
  try {
    const headers = { 'Content-Type': 'application/json' }
    const answer = await fetch(url + path, { ...init, headers })
    const body = await answer.text()
    return answer.status === expected ? undefined : `${request}: ${answer.status} ${body.slice(0, 200)}`
  } catch (error) {
    return `${request}: ${String((error as Error).cause ?? error)}`
  }
}
