import { afterEach, describe, expect, inject, it } from 'vitest'
import { useBrowser } from './browser.ts'
import { aProduct, DESK, expectHeading, expectText, loggedInWith, PHONE, unique } from './demo-shop.ts'
import { aCustomer, call, staffAccess } from './shop.ts'

const visitAs = loggedInWith(useBrowser())

const PATH = '/api/admin/delivery-options/'

/** Other files order without delivery. */
afterEach(async () => {
  const token = await staffAccess()
  const { results } = await call<{ results: { id: number }[] }>('GET', PATH, { token })
  for (const { id } of results) await call('DELETE', `${PATH}${id}/`, { token })
})

describe.each([PHONE, DESK])('at $width pixels', (viewport) => {
  it('staff keep a delivery option, and a customer orders with it', async () => {
    const staff = await visitAs(inject('shop').staff, '/staff/delivery', viewport)
    const name = unique('Parcel')
    await staff.getByLabel('Name').fill(name)
    await staff.getByLabel('Price').fill('4.90')
    await staff.getByLabel('Free from').fill('30')
    await staff.getByLabel('Countries').fill('DE UK')
    await staff.getByRole('button', { name: 'Create delivery option' }).click()
    await expectText(staff, 'country code')
    await staff.getByLabel('Countries').fill('DE, AT')
    await staff.getByRole('button', { name: 'Create delivery option' }).click()
    await expectText(staff, 'AT, DE, free from €30.00')
    await staff.getByRole('button', { name: `Edit ${name}` }).click()
    await staff.getByRole('heading', { name: `Edit ${name}` }).waitFor()
    expect(await staff.getByLabel('Price').inputValue()).toBe('4.90')
    await staff.getByLabel('Price').fill('5.90')
    await staff.getByRole('button', { name: 'Save' }).click()
    await expectText(staff, '€5.90')

    const ann = await aCustomer()
    const { id } = await aProduct({ price: '11.90', tax_rate: '19' })
    await call('POST', '/api/cart/', { token: ann.access, body: { product_id: id } })
    const page = await visitAs(ann, '/cart', viewport)
    const total = async () => (await page.locator('.total').innerText()).replace(/\s+/, ' ')
    await expect.poll(total).toBe('Total €17.80')
    await expectText(page, 'The goods include €1.90 tax (19 %)')
    await page.getByLabel('Address').fill('Unter den Linden 1')
    await page.getByLabel('City').fill('Berlin')
    await page.getByRole('button', { name: 'Place order' }).click()
    await expect.poll(() => page.getByLabel('Country').getAttribute('aria-invalid')).toBe('true')
    await page.getByLabel('Country').fill('fr')
    await expect.poll(total).toBe('Total €11.90')
    await page.getByLabel('Country').fill('de')
    await page.getByLabel(`Quantity of`).fill('3')
    await page.getByLabel(`Quantity of`).blur()
    await expect.poll(total).toBe('Total €35.70')
    await page.getByRole('button', { name: 'Place order' }).click()
    await expectHeading(page, /^Order \d+$/)
    await expectText(page, `${name}: €0.00`)
    await expectText(page, 'Unter den Linden 1 Berlin DE')
    await expectText(page, 'Includes €5.70 tax (19 %)')
  })
})
