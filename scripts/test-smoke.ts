import { spawnSync } from 'node:child_process'
import { demoStaff, killShop, startShop } from './local-shop.ts'
import { optionsOf } from './local.ts'
import { openWorkshop } from './workshop.ts'

const HELP = `Opens a shop in a copy of the project, as after a clone, and again: no request of the ten seconds after
"The shop is open" may fail. Then looks at it with npm run smoke. Exits 1 if anything is not as it should be.

  npm run test:smoke -- [--port N]      8799 by default`

const SECONDS = 10
const READS = 300
/** An address has sixty a minute, of both starts and the smoke test together. */
const LOG_INS = 15
const PATHS = ['/api/products/', '/api/health/', '/', '/client.js', '/docs']

const values = optionsOf(HELP, { port: { type: 'string', default: '8799' } })
const port = Number(values.port)
const workshop = openWorkshop({ fresh: true })

for (const start of ['first', 'second']) {
  const shop = await startShop(workshop, port)
  try {
    await requireSteady(start)
    if (start === 'second') runSmoke()
  } finally {
    killShop(shop)
  }
}

function runSmoke(): void {
  const { email, password } = demoStaff(workshop)
  const url = `http://127.0.0.1:${port}`
  const { status } = spawnSync(
    process.execPath,
    ['scripts/smoke.ts', '--url', url, '--staff-email', email, '--password', '-'],
    { input: password, stdio: ['pipe', 'inherit', 'inherit'] },
  )
  if (status !== 0) throw new Error('The shop is not as npm run smoke expects; see above.')
}

/**
 * A GET that meets a restarting Worker wrangler sends again by itself, a POST that is under way it answers
 * with 503. A log-in takes long: with one after another there always is one under way in the first seconds.
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
  const told = failures.filter((line) => line !== undefined)
  if (told.length > 0) throw new Error(`${told.length} requests failed:\n${told.join('\n')}`)
  console.log(`The ${start} start: no request of the first ${SECONDS} seconds failed.`)
}

/** What was seen where it is not what is right. */
async function failure(path: string, right: number, init: RequestInit = {}): Promise<string | undefined> {
  const request = `${init.method ?? 'GET'} ${path}`
  try {
    const headers = { 'Content-Type': 'application/json' }
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers })
    const body = await answer.text()
    return answer.status === right ? undefined : `${request}: ${answer.status} ${body.slice(0, 200)}`
  } catch (error) {
    return `${request}: ${String((error as Error).cause ?? error)}`
  }
}
