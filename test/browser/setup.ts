import type { TestProject } from 'vitest/node'
import { fail } from '../../scripts/cli/options.ts'
import { freePort } from '../../scripts/sandbox/free-port.ts'
import { openSandbox } from '../../scripts/sandbox/sandbox.ts'
import { demoStaff, killShop, startShop } from '../../scripts/sandbox/shop-process.ts'
import { findChromium, NO_CHROMIUM } from './chromium.ts'

declare module 'vitest' {
  interface ProvidedContext {
    chromium: string
    shop: { url: string; staff: { email: string; password: string } }
  }
}

/** Starts a shop for all browser tests, and stops it after them. */
export default async function (project: TestProject) {
  const chromium = findChromium() ?? fail(NO_CHROMIUM)
  const sandbox = openSandbox()
  const port = await freePort()
  const shop = await startShop(sandbox, port)
  const [url, staff] = [`http://127.0.0.1:${port}`, demoStaff(sandbox)]
  await stockUp(url, staff)
  project.provide('chromium', chromium)
  project.provide('shop', { url, staff })
  return () => killShop(shop)
}

/** The tests together order more of the first product than the demo shop has. */
async function stockUp(url: string, staff: object): Promise<void> {
  const send = (path: string, init: RequestInit, headers: object = {}) =>
    fetch(url + path, { ...init, headers: { 'Content-Type': 'application/json', ...headers } })
  const tokens = await send('/api/token/', { method: 'POST', body: JSON.stringify(staff) })
  const { access } = (await tokens.json()) as { access: string }
  const body = JSON.stringify({ stock_delta: 1000 })
  const stocked = await send(
    '/api/admin/products/1/',
    { method: 'PATCH', body },
    { Authorization: `Bearer ${access}` },
  )
  if (!stocked.ok) throw new Error(`The first product was not stocked up: ${await stocked.text()}`)
}
