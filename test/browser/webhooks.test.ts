import { describe, expect, inject, it } from 'vitest'
import { accessibilityFindings, overflowOf, useBrowser } from './browser.ts'
import { DESK, expectHeading, expectText, loggedInWith, PHONE } from './demo-shop.ts'
import { call, SHOP, staffAccess } from './shop.ts'

const visit = useBrowser()
const visitAs = loggedInWith(visit)

interface Delivery {
  state: string
  attempts: { error: string | null }[]
}

const ask = async <Answer>(path: string) => call<Answer>('GET', path, { token: await staffAccess() })

describe.each([PHONE, DESK])('at $width pixels staff', (viewport) => {
  it('connect another system, see that it fails, send again, and remove it', async () => {
    // No such host: attempts fail at once.
    const url = `https://books-${crypto.randomUUID()}.example.com/hook`
    const page = await visitAs(inject('shop').staff, '/staff/webhooks', viewport)
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
    const isAccessible = async () => {
      expect(await accessibilityFindings(page)).toEqual([])
      expect(await overflowOf(page)).toBeLessThanOrEqual(0)
    }

    await page.getByLabel('Address').fill('https://127.0.0.1/hook')
    await press('Create endpoint')
    await expectText(page, 'public host')
    await page.getByLabel('Address').fill(url)
    await page.getByLabel('Events').selectOption('Orders')
    await press('Create endpoint')
    await expectText(page, /whsec_\S{40}/)
    await isAccessible()
    await page.reload()
    await expectText(page, url)
    expect(await page.getByText('whsec_').count()).toBe(0)

    const { results } = await ask<{ results: { id: number; url: string }[] }>('/api/admin/webhooks/')
    const path = `/api/admin/webhooks/${results.find((each) => each.url === url)!.id}/`
    const fails = async (times: number) => {
      const latest = async () => (await ask<{ results: Delivery[] }>(`${path}deliveries/`)).results[0]!
      await expect.poll(async () => (await latest()).attempts.length, { timeout: 20_000 }).toBe(times)
      const errors = (await latest()).attempts.map(({ error }) => error!)
      await page.reload()
      await press(`Deliveries ${url}`)
      const message = page.getByRole('region', { name: 'Deliveries' }).getByRole('row').last()
      await expect.poll(() => message.innerText()).toMatch(/webhook\.test[^]*parked/)
      const shown = await message.innerText()
      for (const error of errors) expect(shown).toContain(error)
    }
    await press(`Test ${url}`)
    await expectText(page, 'A test message is being sent.')
    await fails(1)
    await expectText(page, '0 waiting, 1 parked')
    await isAccessible()
    await page.getByRole('button', { name: /^Send again/ }).click()
    await expectText(page, 'The message is being sent again.')
    await fails(2)

    await press(`Delete ${url}`)
    await expectText(page, 'The endpoint has been deleted.')
    await expect.poll(() => page.getByText(url).count()).toBe(0)
    expect(
      (await fetch(SHOP + path, { headers: { Authorization: `Bearer ${await staffAccess()}` } })).status,
    ).toBe(404)
    await expectHeading(page, 'Webhooks')
  })
})
