import { createHash } from 'node:crypto'
import { accountExists, insertStaff, promote } from './accounts.ts'
import { ensureDemoCatalog } from './demo-catalog.ts'
import { readSetup, recordSetup, withBindings } from './local.ts'
import { runOn } from './run.ts'

/** The content of a new local shop. On this machine only, never in a migration. */

export const DEMO_EMAIL = 'staff@kiosk.example'

/**
 * Adds the demo catalog once, and creates the demo staff account or updates its password. A start that was interrupted
 * is completed by the next one.
 */
export async function ensureDemo(password: string): Promise<void> {
  const demo_password = createHash('sha256').update(password).digest('hex')
  const { demo_catalogue, demo_password: known } = readSetup()
  if (demo_catalogue && known === demo_password) return
  await withBindings(async (env) => {
    if (!demo_catalogue) {
      console.log('Adding a small demo catalog ...')
      await ensureDemoCatalog(env)
    }
    const run = runOn(env.DB)
    const account = { email: DEMO_EMAIL, name: 'Demo Staff', password }
    await run((await accountExists(run, DEMO_EMAIL)) ? await promote(account) : [await insertStaff(account)])
  })
  recordSetup({ demo_catalogue: true, demo_password })
}
