import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { TestProject } from 'vitest/node'
import { demoStaff, killShop, startShop } from '../../scripts/local-shop.ts'
import { fail } from '../../scripts/local.ts'
import { openWorkshop } from '../../scripts/workshop.ts'
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
  const workshop = openWorkshop()
  const port = await freePort()
  const shop = await startShop(workshop, port)
  project.provide('chromium', chromium)
  project.provide('shop', { url: `http://127.0.0.1:${port}`, staff: demoStaff(workshop) })
  return () => killShop(shop)
}

/** Other processes may use the default port. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
