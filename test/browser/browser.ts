import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest'

/** Disables Chromium's update checks, background requests and graphics acceleration. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Visit {
  page: Page
  /** Errors and warnings of the console, and uncaught exceptions. */
  complaints: string[]
  /** The URLs that the page requested. */
  requested: string[]
}

/** A Chromium for the tests of a file. Each visit is in a new, empty profile, until its test ends. */
export function useBrowser(...flags: string[]) {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: inject('chromium'), args: [...QUIET, ...flags] })
  })
  afterAll(() => browser.close())

  return async function visit(url: string, options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await browser.newContext(options)
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    const requested: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('request', (request) => requested.push(request.url()))
    page.on('websocket', (socket) => requested.push(socket.url()))
    await page.goto(url)
    return { page, complaints, requested }
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong on the page as it is: the rule, its impact, and the first element. */
export async function accessibilityFindings(page: Page): Promise<unknown> {
  return page.evaluate(`${AXE}; axe.run({ resultTypes: ['violations'] })
    .then(({ violations }) => violations.map(({ id, impact, nodes }) => [id, impact, nodes[0].html]))`)
}

/** How many pixels the page is wider than the screen. */
export async function overflowOf(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - innerWidth')
}
