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
  project.provide('chromium', chromium)
  project.provide('shop', { url: `http://127.0.0.1:${port}`, staff: demoStaff(sandbox) })
  return () => killShop(shop)
}
