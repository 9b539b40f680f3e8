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

const PORT = 8795

/** Opens a shop for all browser tests, and closes it after them. */
export default async function (project: TestProject) {
  const chromium = findChromium() ?? fail(NO_CHROMIUM)
  const workshop = openWorkshop()
  const shop = await startShop(workshop, PORT)
  project.provide('chromium', chromium)
  project.provide('shop', { url: `http://127.0.0.1:${PORT}`, staff: demoStaff(workshop) })
  return () => killShop(shop)
}
