import { describe, expect, it } from 'vitest'
import { useBrowser } from './browser.ts'
import { SHOP } from './shop.ts'

/** Not only as 127.0.0.1: browsers trust localhost more than other hosts. */
const visit = useBrowser('--host-resolver-rules=MAP shop.example 127.0.0.1')
const ELSEWHERE = SHOP.replace('127.0.0.1', 'shop.example')

const INLINE_SCRIPT = `
  const script = document.createElement('script')
  script.text = 'document.title = "Run"'
  document.body.append(script)
`

describe.each(['/', '/docs'] as const)('the page %s', (path) => {
  it.each([SHOP, ELSEWHERE])(
    'at %s loads nothing from other origins, logs no errors, and runs only its own scripts',
    async (shop) => {
      const { page, complaints, requested } = await visit(shop + path)
      await page.getByRole('heading', { level: 1 }).or(page.locator('h2.title')).waitFor()
      await page.waitForLoadState('networkidle')
      expect(complaints).toEqual([])
      expect(requested.filter((url) => !url.startsWith(`${shop}/`) && !url.startsWith('data:'))).toEqual([])
      await page.evaluate(INLINE_SCRIPT)
      await expect.poll(() => complaints).toEqual([expect.stringContaining('Content Security Policy')])
      expect(await page.title()).not.toBe('Run')
    },
  )
})

it('the pages link to each other', async () => {
  const { page } = await visit(`${SHOP}/docs`)
  await page.getByRole('link', { name: 'Demo shop' }).click()
  await page.getByRole('link', { name: 'the Kiosk API' }).click()
  await page.waitForURL(/docs/)
  expect(page.url()).toBe(`${SHOP}/docs`)
})
